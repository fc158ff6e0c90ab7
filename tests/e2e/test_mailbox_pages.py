"""Mailboxes and what starts a workflow, in a real browser: without JavaScript, for everyone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from audit import outbox
from portal.servers.process import free_port
from tenants.scope import tenant_scope
from tenants.services.tenants import change_tenant
from tests.e2e.manners import RULES
from tests.fakes.doors import allow
from tests.processes import processes
from tests.workflows.definition_kit import REPLY, definition
from tests.world import PASSWORD, World, make_world
from workflows.services.definitions import make_workflow

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]

ON = '{mail: {mailbox: support}, schedule: [{cron: "0 9 * * mon-fri", input: {message: Hi}}]}'
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 860}


@pytest.fixture
def nobody() -> int:
    """A port where nobody answers, named before the web is started."""
    port = free_port()
    allow(f"127.0.0.1:{port}")
    return port


@pytest.fixture
def web(tmp_path: Path, nobody: int) -> Iterator[str]:
    with processes(tmp_path) as run:
        yield run.web()


@pytest.fixture
def world() -> World:
    made = make_world()
    made.operator.set_password(PASSWORD)
    made.operator.save()
    return made


def look(page: Page, name: str, part: str) -> None:
    """Nothing is in anybody's way, on a desk or a phone."""
    for kind, size in (("phone", PHONE), ("desk", DESK)):
        page.set_viewport_size(size)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], (name, kind, wide)
        if folder := os.environ.get("HANDRAIL_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/{name}-{kind}.png", full_page=True)
    found = Axe().run(page, context=part, options=RULES)
    assert found.violations_count == 0, found.generate_report()


def test_staff_add_a_mailbox_try_it_and_see_what_it_starts(
    world: World, web: str, nobody: int, browser: Browser
) -> None:
    """The forms work without scripts; axe, which is one, looks in a second browser."""
    plain = browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(f"{web}/accounts/login/?next=/t/harbor-pine/add-mailbox/")
    page.get_by_label("Email").fill(world.operator.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    with tenant_scope(world.harbor.tenant.pk):
        staff, hosts = world.staff(world.harbor), [f"127.0.0.1:{nobody}"]
        change_tenant(world.harbor.tenant, actor=staff, allowed_hosts=hosts)
    page.get_by_label("Short name").fill("support")
    page.get_by_label("The address that people write to").fill("support@harbor.example")
    page.get_by_label("IMAP server").fill("127.0.0.1")
    page.get_by_label("Port").fill(str(nobody))
    page.get_by_label("Encryption").select_option("none")
    page.get_by_label("User name").fill("support")
    page.get_by_label("Password").fill("let me in")
    page.get_by_role("button", name="Add it and try it").click()
    expect(page.get_by_text("being tried")).to_be_visible()
    with tenant_scope(world.harbor.tenant.pk):
        text = definition(REPLY, slug="support", on=ON)
        make_workflow(text=text, owner=world.harbor.owner, actor=staff)
    outbox.drain()
    page.reload()
    expect(page.get_by_text("No connection to 127.0.0.1")).to_be_visible()
    seen = browser.new_context(storage_state=plain.storage_state()).new_page()
    errors: list[str] = []
    seen.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    for name, path, part in (
        ("mailbox", "mailboxes/support/", "body"),
        ("mailboxes", "mailboxes/", "body"),
        ("mailbox-add", "add-mailbox/", "body"),
        ("starts", "workflows/support/", '[aria-label="What starts it"]'),
    ):
        seen.goto(f"{web}/t/harbor-pine/{path}")
        look(seen, name, part)
    assert errors == []
