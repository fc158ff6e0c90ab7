"""The page of policies in a real browser: without scripts, by keyboard, on a phone."""

import pytest
from playwright.sync_api import Browser, Page, expect

from approvals.models import Policy
from tenants.scope import tenant_scope
from tests.e2e.manners import THEMES, check, complaints_of
from tests.e2e.test_review_page import Desk
from tests.world import make_world

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]


@pytest.fixture
def desk(web: str) -> Desk:
    return Desk(make_world().harbor, web)


def at_policies(desk: Desk, page: Page) -> Page:
    page.goto(f"{desk.web}/t/harbor-pine/policies/")
    return page


def test_a_policy_is_set_without_javascript(desk: Desk, browser: Browser) -> None:
    page = at_policies(desk, desk.sign_in(browser.new_context(java_script_enabled=False)))
    page.get_by_text("Add a policy…").click()
    page.get_by_label("What it does").select_option("refund")
    page.get_by_label("Only amounts over").fill("25")
    page.get_by_role("group", name="Who says yes").get_by_label("Any owner").first.check()
    page.get_by_role("button", name="Add the policy").click()
    line = page.get_by_text("One approval by an owner for refunds over $25.00")
    expect(line).to_be_visible()
    expect(page.get_by_text("Refunds over $25.00 need an owner.")).not_to_be_visible()
    line.click()
    expect(page.get_by_text("Refunds over $25.00 need an owner.")).to_be_visible()
    page.get_by_role("link", name="Change policy 1").click()
    page.get_by_label("Only amounts over").fill("40")
    page.get_by_role("button", name="Change the policy").click()
    page.get_by_text("One approval by an owner for refunds over $40.00").click()
    page.get_by_role("button", name="Remove policy 1").click()
    expect(page.get_by_text("There is none yet")).to_be_visible()


def test_it_is_said_in_words_while_one_fills_it_in_by_keyboard(
    desk: Desk, browser: Browser
) -> None:
    page = at_policies(desk, desk.sign_in(browser.new_context()))
    page.get_by_text("Add a policy…").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Only amounts over").focus()
    page.keyboard.type("25")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # any owner
    said = page.locator("#preview")
    expect(said).to_contain_text("Amounts over $25.00 need an owner.")
    page.get_by_label("Working hours to decide in").focus()
    page.keyboard.type("8")
    expect(said).to_contain_text("after 8 working hours it expires and nothing is done.")
    page.get_by_role("button", name="Add the policy").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".policies")).to_contain_text("Amounts over $25.00 need an owner;")
    with tenant_scope(desk.client.tenant.pk):
        assert Policy.objects.get().hours == 8


def test_a_policy_opens_into_its_form_and_is_changed_by_keyboard(
    desk: Desk, browser: Browser
) -> None:
    size = {"width": 375, "height": 800}
    page = at_policies(desk, desk.sign_in(browser.new_context(viewport=size)))  # type: ignore[arg-type]
    for amount in ("25", "60"):
        page.get_by_text("Add a policy…").click()
        page.get_by_label("Only amounts over").fill(amount)
        page.get_by_role("group", name="Who says yes").get_by_label("Any owner").first.check()
        page.get_by_role("button", name="Add the policy").click()
    lines = page.locator(".policies > li")
    expect(lines).to_have_count(2)
    # All of it fits on two screens of a phone, where the form alone took four.
    assert lines.first.evaluate("(line) => line.offsetHeight") < 100
    for line in (lines.first, lines.nth(1)):  # both open: each form has labels of its own
        line.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(line.get_by_role("button", name="Change the policy")).to_be_visible()
    second = lines.nth(1)
    second.get_by_label("Only amounts over").fill("75")
    expect(second.locator(".preview")).to_contain_text("Amounts over $75.00 need an owner.")
    check(page)
    second.get_by_role("button", name="Change the policy").focus()
    page.keyboard.press("Enter")
    expect(lines.nth(1)).to_contain_text("One approval by an owner for amounts over $75.00")
    expect(lines.first).to_contain_text("over $25.00")


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_stands_in_anybodys_way(desk: Desk, browser: Browser, theme: str) -> None:
    """axe finds nothing, no page is wider than a phone, and nothing is against the policy."""
    for width in (1440, 320):
        size = {"width": width, "height": 860}
        page = desk.sign_in(browser.new_context(viewport=size, color_scheme=theme))  # type: ignore[arg-type]
        complaints = complaints_of(page)
        at_policies(desk, page)
        page.get_by_text("Add a policy…").click()
        page.get_by_role("group", name="Who says yes").get_by_label("Any owner").first.check()
        page.get_by_role("button", name="Add the policy").click()
        check(page)
        for panel in page.locator("main summary:visible").all():
            panel.click()
        expect(page.get_by_role("button", name="Change the policy").first).to_be_visible()
        check(page)
        page.goto(
            page.locator(".policies form.policy-form").first.evaluate("(form) => form.action")
        )
        check(page)
        assert complaints == []
