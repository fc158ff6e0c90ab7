"""Two people at one item in real browsers: asking and answering by keyboard, and the soft lock."""

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from approvals.models import Comment, ReviewItem
from tenants.models import User
from tenants.scope import tenant_scope
from tests.e2e.manners import check
from tests.e2e.test_review_page import FIRST, SECOND
from tests.portal.review_kit import ask
from tests.world import PASSWORD, Client, make_world

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]

SIGHT = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


class House:
    """A client with two items waiting, and a web server."""

    def __init__(self, client: Client, web: str) -> None:
        self.client, self.web = client, web
        for user in (client.owner, client.approver, client.viewer):
            user.set_password(PASSWORD)
            user.save()
        self.item = ask(client)
        ask(client, order_id="10413")

    def enter(self, browser: Browser, user: User, width: int = 1440, theme: str = "light") -> Page:
        """Somebody's browser at the queue."""
        size = {"width": width, "height": 860}
        page = browser.new_context(viewport=size, color_scheme=theme).new_page()  # type: ignore[arg-type]
        page.goto(f"{self.web}/accounts/login/")
        page.get_by_label("Email").fill(user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/t/harbor-pine/**")
        return page

    def open(self, page: Page) -> None:
        """Go to the item."""
        page.goto(f"{self.web}/t/harbor-pine/review/{self.item.pk}/")

    def choices(self) -> list[str]:
        with tenant_scope(self.client.tenant.pk):
            return list(ReviewItem.objects.order_by("id").values_list("choice", flat=True))


@pytest.fixture
def house(web: str) -> House:
    return House(make_world().harbor, web)


def focus(page: Page, control: Locator) -> None:
    """Tab on until a control has the focus."""
    for _ in range(40):
        if control.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    expect(control).to_be_focused()


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (320, "dark")])
def test_asking_and_answering_by_keyboard_alone(
    house: House, browser: Browser, width: int, theme: str
) -> None:
    owner = house.enter(browser, house.client.owner, width, theme)
    house.open(owner)
    owner.keyboard.press("m")
    focus(owner, owner.get_by_label("Viewer Harbor & Pine"))
    owner.keyboard.press("Space")
    focus(owner, owner.get_by_label("Your question"))
    owner.keyboard.type("Is it right to accept?")  # letters decide nothing
    check(owner)
    assert owner.evaluate("document.documentElement.scrollWidth") <= width
    owner.keyboard.press("Tab")
    owner.keyboard.press("Enter")
    expect(owner.locator("#said")).to_contain_text("Is it right to accept?")

    viewer = house.enter(browser, house.client.viewer, width, theme)
    viewer.goto(f"{house.web}/t/harbor-pine/review/?kind=asked")
    expect(viewer.locator(".queue-line")).to_have_count(1)
    expect(viewer.locator(".queue-line")).to_contain_text("Asked you")
    check(viewer)
    assert viewer.evaluate("document.documentElement.scrollWidth") <= width
    focus(viewer, viewer.locator(".queue-line"))
    viewer.keyboard.press("Enter")
    expect(viewer.locator("#item-title")).to_be_focused()
    expect(viewer.locator("#said")).to_contain_text("Is it right to accept?")
    viewer.keyboard.press("m")
    focus(viewer, viewer.get_by_label("What you say"))
    viewer.keyboard.type("Yes, it is.")
    viewer.keyboard.press("Tab")
    viewer.keyboard.press("Enter")
    expect(viewer.locator("#said li")).to_have_count(2)
    check(viewer)
    viewer.goto(f"{house.web}/t/harbor-pine/review/?kind=asked")
    expect(viewer.get_by_text("Nobody waits for your answer")).to_be_visible()
    with tenant_scope(house.client.tenant.pk):
        assert list(Comment.objects.order_by("at").values_list("text", flat=True)) == [
            "Is it right to accept?",
            "Yes, it is.",
        ]
    assert house.choices() == ["", ""]


def test_it_is_asked_without_javascript_too(house: House, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{house.web}/accounts/login/")
    page.get_by_label("Email").fill(house.client.owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    house.open(page)
    page.get_by_text("Ask a colleague…").click()
    page.get_by_label("Viewer Harbor & Pine").check()
    page.get_by_label("Your question").fill("Is it right?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#said")).to_contain_text("Is it right?")
    page.get_by_role("button", name="Approve, refund and send").click()  # asks nothing twice
    assert house.choices() == ["accept", ""]


def test_the_second_to_look_is_asked_twice_until_the_first_has_gone(
    house: House, browser: Browser
) -> None:
    first = house.enter(browser, house.client.owner)
    house.open(first)
    first.wait_for_load_state("networkidle")
    expect(first.locator(".here")).to_be_hidden()  # nobody else is there
    second = house.enter(browser, house.client.approver)
    house.open(second)
    said = second.locator(".here")
    expect(said).to_contain_text("Owner Harbor & Pine is looking at this (since")
    second.keyboard.press("a")
    expect(second.get_by_role("button", name="anyway")).to_be_visible()
    expect(said).to_contain_text("Press again to decide anyway.")
    assert house.choices() == ["", ""]
    check(second)
    first.locator(".queue-line", has_text=SECOND).click()  # whoever goes on leaves the first item
    expect(first.locator("#item-title")).to_contain_text(SECOND)
    expect(said).not_to_contain_text("is looking", timeout=10_000)  # the next beat says so
    button = second.get_by_role("button", name="Approve, refund and send")
    expect(button).to_be_visible()
    button.click()
    expect(second.locator("#notices")).to_contain_text(f"Approved: {FIRST}")
    assert house.choices() == ["accept", ""]
    # Now on the item that the first has open: a second press decides.
    expect(second.locator(".here")).to_contain_text("is looking at this")
    second.keyboard.press("a")
    expect(second.get_by_role("button", name="anyway")).to_be_visible()
    second.keyboard.press("a")
    expect(second.locator("#item-title")).to_contain_text("All done")
    assert house.choices() == ["accept", "accept"]
    first.get_by_role("button", name="Approve, refund and send").click()
    expect(first.get_by_role("alert")).to_contain_text("Approver Harbor & Pine approved this at ")


def test_what_a_former_page_says_last_does_not_end_the_page_that_is_open(
    house: House, browser: Browser
) -> None:
    first = house.enter(browser, house.client.owner)
    with first.expect_request("**/here/") as former:
        house.open(first)
    with first.expect_response("**/here/"):
        first.reload()
    late = parse_qs(former.value.post_data or "")
    form = {name: value for name, [value] in late.items()} | {"gone": "yes"}
    assert re.fullmatch("[0-9a-f]{32}", form["viewing"])
    assert first.context.request.post(former.value.url, form=form).status == 204
    second = house.enter(browser, house.client.approver)
    house.open(second)
    expect(second.locator(".here")).to_contain_text("Owner Harbor & Pine is looking at this")


def test_a_page_out_of_sight_is_not_looked_at(house: House, browser: Browser) -> None:
    first, second = (
        house.enter(browser, user) for user in (house.client.owner, house.client.approver)
    )
    house.open(first)
    first.wait_for_load_state("networkidle")
    house.open(second)
    said = second.locator(".here")
    expect(said).to_contain_text("Owner Harbor & Pine is looking at this")
    first.evaluate(SIGHT, True)
    expect(said).not_to_contain_text("is looking", timeout=10_000)
    first.evaluate(SIGHT, False)
    expect(said).to_contain_text("Owner Harbor & Pine is looking at this", timeout=10_000)
