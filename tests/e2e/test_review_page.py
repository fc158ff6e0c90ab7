"""The review page in a real browser: without JavaScript, by keyboard, on a phone, for everyone."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from approvals.models import Proposal, ReviewItem
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.e2e.manners import check, complaints_of
from tests.portal.review_kit import ask, draft
from tests.world import PASSWORD, Client, make_world

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]

FIRST, SECOND = "Refund $48.20 to Mia Chen and tell them why", "Refund $99.00 to Theo Lang"


class Desk:
    """A client with three items waiting, and a web server."""

    def __init__(self, client: Client, web: str) -> None:
        self.client, self.web = client, web
        client.owner.set_password(PASSWORD)
        client.owner.save()
        ask(client)
        ask(client, order_id="10413")
        draft(client, "Spring page")

    def sign_in(self, context: BrowserContext) -> Page:
        """The owner's browser at the queue."""
        page = context.new_page()
        page.goto(f"{self.web}/accounts/login/")
        page.get_by_label("Email").fill(self.client.owner.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/t/harbor-pine/review/")
        return page

    def choices(self) -> list[str]:
        """What was decided, in the order it was asked."""
        with tenant_scope(self.client.tenant.pk):
            return list(ReviewItem.objects.order_by("id").values_list("choice", flat=True))


@pytest.fixture
def desk(web: str) -> Desk:
    return Desk(make_world().harbor, web)


def heading(page: Page, words: str) -> None:
    expect(page.locator("#item-title")).to_contain_text(words)


def test_everything_is_decided_without_javascript(desk: Desk, browser: Browser) -> None:
    page = desk.sign_in(browser.new_context(java_script_enabled=False))
    heading(page, FIRST)
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("The text").fill("Dear Mia, it is on its way.")
    page.get_by_label("Amount (USD)").fill("40.00")
    page.get_by_role("button", name="Approve your version, refund and send").click()
    heading(page, SECOND)
    page.get_by_text("Reject…").click()
    page.get_by_label("Wrong facts").check()
    page.get_by_role("button", name="Reject, nothing is done").click()
    heading(page, "Spring page")
    page.get_by_role("button", name="I'll handle it").click()
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    assert desk.choices() == ["correct", "reject", "take_over"]
    with tenant_scope(desk.client.tenant.pk):
        approved = Proposal.objects.filter(status="approved").order_by("position")
        refund, mail = (p.args for p in approved)
    assert refund["amount"] == {"value": 4000, "currency": "USD"}
    assert mail["body"] == "Dear Mia, it is on its way."


def test_the_keyboard_works_the_queue_without_a_page_load(desk: Desk, browser: Browser) -> None:
    page = desk.sign_in(browser.new_context(viewport={"width": 1440, "height": 860}))
    page.evaluate("window.stillTheSamePage = true")
    heading(page, FIRST)
    page.keyboard.press("j")
    heading(page, SECOND)
    page.keyboard.press("k")
    heading(page, FIRST)
    expect(page.locator("#item-title")).to_be_focused()
    page.keyboard.press("z")
    expect(page.get_by_role("button", name="In 1 hour")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="In 1 hour")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("a")  # does nothing behind the dialog
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    heading(page, SECOND)
    expect(page.locator("#notices")).to_contain_text(f"Approved: {FIRST}")
    expect(page.locator("#nav [aria-current] .count")).to_contain_text("2")
    page.keyboard.press("e")
    expect(page.locator("#draft")).to_be_focused()
    page.keyboard.type("art ")  # letters typed into the text decide nothing
    expect(page.locator("#difference ins")).to_have_text("art ")
    page.get_by_role("link", name="Leave it as it was").click()
    expect(page.get_by_role("link", name="Edit")).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_label("Missed context")).to_be_focused()
    page.keyboard.press("a")  # a rejection is open, so no other choice is taken
    heading(page, SECOND)
    page.keyboard.press("4")
    expect(page.get_by_label("Tone")).to_be_checked()
    page.get_by_role("button", name="Too formal for us.").click()
    expect(page.get_by_label("In your words")).to_have_value("Too formal for us.")
    page.get_by_role("button", name="Reject, nothing is done").click()
    heading(page, "Spring page")
    page.keyboard.press("t")
    heading(page, "All done")
    assert page.evaluate("window.stillTheSamePage") is True
    assert desk.choices() == ["accept", "reject", "take_over"]


def test_a_decision_is_taken_back_by_key_while_it_can_be(desk: Desk, browser: Browser) -> None:
    Tenant.objects.update(take_back_seconds=5)
    page = desk.sign_in(browser.new_context(viewport={"width": 1440, "height": 860}))
    page.keyboard.press("a")
    heading(page, SECOND)
    page.keyboard.press("u")
    heading(page, FIRST)
    expect(page.locator("#notices")).to_contain_text("Taken back, it waits again")
    assert desk.choices() == ["", "", ""]
    page.keyboard.press("a")
    heading(page, SECOND)
    expect(page.get_by_role("button", name="Take it back")).to_be_visible()
    expect(page.get_by_role("button", name="Take it back")).to_be_hidden(timeout=8000)
    assert desk.choices() == ["accept", "", ""]


def test_what_is_scrolled_out_of_sight_needs_a_second_press(desk: Desk, browser: Browser) -> None:
    page = desk.sign_in(browser.new_context(viewport={"width": 1440, "height": 420}))
    heading(page, FIRST)
    body = page.locator("#item .item-body")
    body.evaluate("(one) => one.scrollTo(0, one.scrollHeight)")
    expect(page.locator(".if-you-approve")).not_to_be_in_viewport()
    for key in ("a", "t"):
        page.keyboard.press(key)
        expect(page.locator(".if-you-approve")).to_be_in_viewport()
        heading(page, FIRST)
        body.evaluate("(one) => one.scrollTo(0, one.scrollHeight)")
    page.keyboard.press("a")
    page.keyboard.press("a")
    heading(page, SECOND)
    assert desk.choices() == ["accept", "", ""]


def test_the_keys_can_be_turned_off(desk: Desk, browser: Browser) -> None:
    """WCAG 2.1.4: single-letter shortcuts have a switch."""
    page = desk.sign_in(browser.new_context(viewport={"width": 1440, "height": 860}))
    page.keyboard.press("?")
    page.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.wait_for_timeout(300)
    heading(page, FIRST)
    assert desk.choices() == ["", "", ""]


def test_on_a_phone_the_list_and_the_item_take_turns(desk: Desk, browser: Browser) -> None:
    page = desk.sign_in(browser.new_context(viewport={"width": 375, "height": 800}))
    expect(page.locator("#item")).to_be_hidden()
    page.get_by_role("link", name=SECOND).click()
    heading(page, SECOND)
    expect(page.locator("#queue")).to_be_hidden()
    expect(page.get_by_role("button", name="Approve, refund and send")).to_be_in_viewport()
    page.get_by_role("link", name="Queue").click()
    expect(page.locator("#queue")).to_be_visible()
    page.get_by_text("More", exact=True).click()
    expect(page.locator(".more").get_by_text("Stop everything")).to_be_visible()
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_decision_lost_to_somebody_else_says_so_in_place(desk: Desk, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 860})
    page = desk.sign_in(context)
    other = context.new_page()
    other.goto(page.url)
    heading(other, FIRST)
    page.get_by_role("button", name="I'll handle it").click()
    heading(page, SECOND)
    other.get_by_role("button", name="Approve, refund and send").click()
    expect(other.get_by_role("alert")).to_contain_text("took this over at ")
    assert desk.choices() == ["take_over", "", ""]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(desk: Desk, browser: Browser, theme: str) -> None:
    """axe finds nothing, and nothing the page does is against its content policy."""
    for width, height in ((1440, 860), (375, 800)):
        size = {"width": width, "height": height}
        page = desk.sign_in(browser.new_context(viewport=size, color_scheme=theme))  # type: ignore[arg-type]
        complaints = complaints_of(page)
        check(page)
        page.get_by_role("link", name=FIRST).click()
        page.wait_for_url("**/review/*/")
        check(page)
        page.get_by_role("link", name="Edit").click()
        expect(page.locator("#draft")).to_be_visible()
        check(page)
        assert complaints == []


def test_without_a_line_it_says_so_and_keeps_nothing_of_the_client(
    desk: Desk, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = desk.sign_in(context)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    kept = page.evaluate(
        "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name)"
        ".then((c) => c.keys())))).then((all) => all.flat().map((r) => new URL(r.url).pathname))"
    )
    assert "/offline/" in kept
    assert not [path for path in kept if path.startswith("/t/")]
    context.set_offline(True)
    page.goto(page.url)
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    assert FIRST not in page.content()
    context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_text(FIRST).first).to_be_visible()
