"""Files of sources in a real browser: read by a worker while the page waits."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_tools_pages import look
from tests.processes import Processes, processes
from tests.tenants.sources.office_kit import heading, paragraph, word
from tests.world import PASSWORD, World, make_world

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]
READ_WITHIN = 60_000  # milliseconds; a child process imports markitdown
NEW = word(
    heading("Damaged items"),
    paragraph("Damaged items are refunded in full within 60 days of delivery."),
    heading("Gifts"),
    paragraph("Gift cards are not refunded."),
)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path) as opened:
        yield opened


@pytest.fixture
def world() -> World:
    made = make_world()
    made.harbor.owner.set_password(PASSWORD)
    made.harbor.owner.save()
    return made


def signed_in(world: World, web: str, browser: Browser) -> Page:
    page = browser.new_page()
    page.goto(f"{web}/accounts/login/?next=/t/harbor-pine/sources/returns-policy/")
    page.get_by_label("Email").fill(world.harbor.owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def upload(page: Page, name: str, content: bytes) -> None:
    page.get_by_text("Upload a new revision").click()
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.get_by_label("A new file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Upload", exact=True).click()


def test_a_word_file_is_read_and_its_changes_are_shown(
    world: World, run: Processes, browser: Browser
) -> None:
    page = signed_in(world, run.web(), browser)
    upload(page, "returns.docx", NEW)
    expect(page.get_by_text("“returns.docx” is being read")).to_be_visible()
    look(page, "source-being-read")
    run.worker()
    expect(page.get_by_text("Gift cards are not refunded.")).to_be_visible(timeout=READ_WITHIN)
    page.get_by_role("link", name="What revision 2 changed").click()
    expect(page.get_by_role("heading", name="Gifts")).to_be_visible()
    look(page, "source-changes")
    page.go_back()
    upload(page, "locked.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    said = page.get_by_role("alert").get_by_text("locked with a password")
    expect(said).to_be_visible(timeout=READ_WITHIN)
    expect(page.get_by_text("Gift cards are not refunded.")).to_be_visible()
    look(page, "source-not-read")
    page.get_by_role("button", name="I have seen it").click()
    expect(said).to_be_hidden()
