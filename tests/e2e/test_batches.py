"""Selecting several items of the queue with the keyboard, and on a phone without scripts."""

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.manners import check
from tests.e2e.test_review_page import Desk
from tests.portal.review_kit import draft
from tests.world import make_world

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]


@pytest.fixture
def desk(web: str) -> Desk:
    made = Desk(make_world().harbor, web)
    draft(made.client, "Summer page")
    draft(made.client, "Autumn page")
    return made


def test_several_are_selected_and_accepted_by_keyboard(desk: Desk, browser: Browser) -> None:
    page = desk.sign_in(browser.new_context())
    page.goto(f"{page.url}?kind=drafts")
    expect(page.locator(".batch")).not_to_be_visible()
    page.keyboard.press("x")
    expect(page.locator(".batch-count")).to_have_text("1 selected")
    for title in ("Summer page", "Autumn page"):
        page.keyboard.press("j")
        expect(page.locator("#item-title")).to_have_text(title)
    # The list was swapped with each item; what was ticked in it must still be.
    expect(page.locator(".batch-count")).to_have_text("1 selected")
    page.keyboard.press("Shift+X")
    expect(page.locator(".batch-count")).to_have_text("3 selected")
    check(page)
    page.get_by_role("button", name="Accept them").press("Enter")
    expect(page.locator("#item-title")).to_have_text("Accepted 3 of 3")
    expect(page.locator(".batch")).not_to_be_visible()
    assert desk.choices() == ["", "", "accept", "accept", "accept"]


def test_several_are_rejected_on_a_phone_without_scripts(desk: Desk, browser: Browser) -> None:
    size = {"width": 320, "height": 800}
    context = browser.new_context(viewport=size, java_script_enabled=False)  # type: ignore[arg-type]
    page = desk.sign_in(context)
    page.goto(f"{page.url}?kind=drafts")
    page.get_by_label("Select Spring page").check()
    page.get_by_label("Select Autumn page").check()
    page.get_by_text("Reject them…").click()
    page.get_by_label("Why are they wrong?").select_option("tone")
    page.get_by_role("button", name="Reject them, nothing is done").click()
    expect(page.get_by_role("heading", name="Rejected 2 of 2")).to_be_visible()
    assert desk.choices() == ["", "", "reject", "", "reject"]
