"""The queue's switch, groups and saved filters in a real browser: by keyboard, on a phone."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.manners import THEMES, check, complaints_of
from tests.e2e.test_review_page import FIRST, Desk
from tests.world import make_world

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]
PHONE = {"width": 320, "height": 640}


@pytest.fixture
def desk(web: str) -> Desk:
    return Desk(make_world().harbor, web)


def reach(page: Page, wanted: Locator, *, back: bool = False) -> None:
    """Press Tab until it has the focus; fails where no number of presses gets there."""
    for _ in range(60):
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"The keyboard does not get to {wanted}")


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    reach(page, wanted)
    page.keyboard.press(key)


def choose(page: Page, label: str, typed: str) -> None:
    """Choose in a list by typing the beginning of what it says."""
    reach(page, page.get_by_label(label, exact=True))
    page.keyboard.type(typed)


def fits(page: Page) -> bool:
    found = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return bool(found)


def test_a_list_is_made_saved_and_opened_again_by_keyboard_alone(
    desk: Desk, browser: Browser
) -> None:
    page = desk.sign_in(browser.new_context(viewport=PHONE))  # type: ignore[arg-type]
    queue = page.locator("#queue")
    switch = queue.get_by_role("navigation", name="Whose items")
    press(page, switch.get_by_role("link", name="My team's"))
    page.wait_for_url("**/review/?who=team")
    expect(switch.get_by_role("link", name="My team's")).to_have_attribute("aria-current", "true")
    press(page, queue.get_by_text("Group and filter"))
    assert fits(page)
    choose(page, "Group by", "W")
    choose(page, "Workflow", "Refund")
    press(page, queue.get_by_role("button", name="Show"))
    page.wait_for_url("**/review/?who=team&group=workflow&workflow=refund-replies&due=")
    expect(queue.get_by_role("heading", name="Refund replies")).to_be_visible()
    listed = queue.get_by_role("list", name="Refund replies")
    expect(listed.get_by_role("listitem")).to_have_count(2)
    press(page, queue.get_by_text("Group and filter"))
    reach(page, queue.get_by_label("Save this as"))
    page.keyboard.type("Our refunds")
    page.keyboard.press("Enter")
    chip = queue.get_by_role("list", name="Saved filters").get_by_role("link")
    expect(chip).to_have_text("Our refunds 2 waiting")
    expect(chip).to_have_attribute("aria-current", "true")
    assert fits(page)
    press(page, switch.get_by_role("link", name="All", exact=True))
    page.wait_for_url("**who=everyone**")
    expect(chip).not_to_have_attribute("aria-current", "true")
    press(page, chip)
    page.wait_for_url("**/review/?who=team&group=workflow&workflow=refund-replies")
    expect(listed.get_by_role("listitem")).to_have_count(2)
    press(page, queue.get_by_role("link", name=FIRST))
    expect(page.locator("#item-title")).to_contain_text(FIRST)
    press(page, page.get_by_role("button", name="I'll handle it"))
    expect(page.locator("#notices")).to_contain_text(f"Yours to handle now: {FIRST}")
    press(page, page.get_by_role("link", name="Queue"))
    expect(chip).to_have_text("Our refunds 1 waiting")
    assert fits(page)
    press(page, queue.get_by_role("button", name="Remove the filter Our refunds"))
    expect(page.locator("#notices")).to_contain_text("Removed: Our refunds")
    expect(chip).to_have_count(0)


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_stands_in_anybodys_way(desk: Desk, browser: Browser, theme: str) -> None:
    """axe finds nothing, no page is wider than a phone, and nothing is against the policy."""
    for size in ({"width": 1440, "height": 860}, PHONE):
        page = desk.sign_in(browser.new_context(viewport=size, color_scheme=theme))  # type: ignore[arg-type]
        complaints = complaints_of(page)
        page.goto(f"{desk.web}/t/harbor-pine/review/?who=team&group=deadline&due=week")
        page.locator("#queue summary").first.click()
        page.get_by_label("Save this as").fill("A name as long as a name may be, no more")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("list", name="Saved filters")).to_be_visible()
        page.locator("#queue summary").first.click()
        check(page)
        page.goto(f"{desk.web}/t/harbor-pine/review/?who=everyone&group=customer&q=nowhere")
        check(page)
        assert complaints == []


def test_a_filter_is_saved_and_removed_without_javascript(desk: Desk, browser: Browser) -> None:
    page = desk.sign_in(browser.new_context(java_script_enabled=False))
    page.get_by_text("Group and filter").click()
    page.get_by_label("Group by").select_option("customer")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#queue h2").first).to_be_visible()
    page.get_by_text("Group and filter").click()
    page.get_by_label("Save this as").fill("By customer")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="By customer 3 waiting")).to_be_visible()
    page.get_by_role("button", name="Remove the filter By customer").click()
    expect(page.get_by_role("link", name="By customer 3 waiting")).to_have_count(0)
