"""How one hears of what waits, and the page a mail opens: by keyboard, on a phone, for everyone."""

import pytest
from playwright.sync_api import Browser, expect

from approvals.models import ReviewItem
from portal.notices.models import NoticePreference
from tenants.scope import tenant_scope
from tests.e2e.manners import THEMES, check, complaints_of
from tests.e2e.test_review_page import FIRST, Desk
from tests.world import make_world

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]


@pytest.fixture
def desk(web: str) -> Desk:
    return Desk(make_world().harbor, web)


def test_notices_are_set_by_keyboard_on_a_phone(desk: Desk, browser: Browser) -> None:
    page = desk.sign_in(browser.new_context(viewport={"width": 320, "height": 800}))
    page.goto(f"{desk.web}/t/harbor-pine/notices/")
    page.get_by_label("Each one as it comes").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("textbox", name="Set times").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("8:30")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("Set.")
    with tenant_scope(desk.client.tenant.pk):
        found = NoticePreference.objects.get(person=desk.client.owner)
        assert (found.how, found.times) == ("digest", ["08:30"])


def test_a_mails_link_asks_and_its_button_decides(desk: Desk, browser: Browser) -> None:
    """A3: without JavaScript, as on any phone that opens a mail."""
    with tenant_scope(desk.client.tenant.pk):
        item = ReviewItem.objects.get(title=FIRST)
    context = browser.new_context(viewport={"width": 320, "height": 800}, java_script_enabled=False)
    page = desk.sign_in(context)
    page.goto(f"{desk.web}/t/harbor-pine/review/{item.pk}/confirm/?seen={item.content_hash}")
    expect(page.get_by_role("heading", name=FIRST)).to_be_visible()
    assert desk.choices() == ["", "", ""]
    page.get_by_role("button", name="Approve, refund and send").press("Enter")
    expect(page.locator("#notices")).to_contain_text(f"Approved: {FIRST}")
    assert desk.choices() == ["accept", "", ""]


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_stands_in_anybodys_way(desk: Desk, browser: Browser, theme: str) -> None:
    with tenant_scope(desk.client.tenant.pk):
        item = ReviewItem.objects.get(title=FIRST)
    for width in (1440, 320):
        size = {"width": width, "height": 860}
        page = desk.sign_in(browser.new_context(viewport=size, color_scheme=theme))  # type: ignore[arg-type]
        complaints = complaints_of(page)
        for path in ("notices/", f"review/{item.pk}/confirm/", f"review/{item.pk}/confirm/?seen=x"):
            page.goto(f"{desk.web}/t/harbor-pine/{path}")
            check(page)
        assert complaints == []
