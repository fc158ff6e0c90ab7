"""Second looks and planted mistakes in a real browser: by keyboard, on a phone, for everyone."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from approvals.decisions.services import Choice, decide
from approvals.models import Planted, ReviewItem, SecondLook
from approvals.quality.consent import agree_to_planting
from approvals.quality.planting import PlantedMistake
from audit import outbox
from tenants import access, clock
from tenants.models import User
from tenants.scope import tenant_scope
from tests.e2e.manners import THEMES, check, complaints_of
from tests.portal.review_kit import draft
from tests.world import PASSWORD, Client, World, make_world
from workflows.selectors import get_workflow
from workflows.services.planting import plant_mistake

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]
WORDS = "it promises an answer within the hour"


class Place:
    """A client with a draft that was accepted and waits for a second look, and a web server."""

    def __init__(self, world: World, web: str) -> None:
        self.world, self.web, self.client = world, web, world.harbor
        for user in (self.client.owner, self.client.approver, world.operator):
            user.set_password(PASSWORD)
            user.save()
        self.source = self.accepted()

    def accepted(self) -> ReviewItem:
        client: Client = self.client
        item = draft(client, "Summer page")
        with tenant_scope(client.tenant.pk):
            lane = get_workflow("help-pages")
            assert lane is not None
            access.grant(lane, client.approver, actor=client.actor())
            decide(item.pk, Choice("accept", item.content_hash, seconds=1), actor=client.actor())
            outbox.drain()
            SecondLook.objects.create(
                item=item, workflow_id=item.workflow_id, due_at=clock.now() + timedelta(days=7)
            )
            client.tenant.second_looks = 5
            client.tenant.save()
            agree_to_planting(actor=client.actor())
        return item

    def plant(self) -> None:
        mistake = PlantedMistake(WORDS, "We answer within the hour.", {})
        with tenant_scope(self.client.tenant.pk):
            plant_mistake(self.source.pk, mistake, actor=self.world.staff(self.client))

    def sign_in(self, context: BrowserContext, user: User) -> Page:
        page = context.new_page()
        page.goto(f"{self.web}/accounts/login/")
        page.get_by_label("Email").fill(user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_load_state()
        return page

    def goto(self, page: Page, path: str) -> None:
        page.goto(f"{self.web}/t/{self.client.tenant.slug}/{path}")


@pytest.fixture
def place(web: str) -> Place:
    return Place(make_world(), web)


def test_a_second_look_is_answered_by_keyboard(place: Place, browser: Browser) -> None:
    page = place.sign_in(browser.new_context(), place.client.approver)
    page.get_by_role("link", name="Second looks").first.press("Enter")
    page.get_by_role("link", name="Summer page").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Summer page")
    expect(page.get_by_text("accepted this")).to_have_count(0)
    page.get_by_label("Accept as written").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Reject", exact=True)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("Wrong")
    page.keyboard.press("Tab")
    page.keyboard.type("The day is wrong.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Owner Harbor & Pine accepted this as written")).to_be_visible()
    expect(page.get_by_text("Approver Harbor & Pine would reject it")).to_be_visible()
    with tenant_scope(place.client.tenant.pk):
        look = SecondLook.objects.get()
        assert (look.choice, look.reason, look.words) == (
            "reject",
            "wrong_facts",
            "The day is wrong.",
        )


def test_a_mistake_is_planted_and_caught_by_keyboard(place: Place, browser: Browser) -> None:
    staff = place.sign_in(browser.new_context(), place.world.operator)
    place.goto(staff, f"review/{place.source.pk}/")
    staff.get_by_role("link", name="Plant a copy with a mistake").press("Enter")
    staff.get_by_label("The text").focus()
    staff.keyboard.press("Control+A")
    staff.keyboard.type("We answer within the hour.")
    staff.keyboard.press("Tab")
    staff.keyboard.type(WORDS)
    staff.keyboard.press("Enter")
    expect(staff.get_by_text("Planted. It waits in the queue")).to_be_visible()
    page = place.sign_in(browser.new_context(), place.client.owner)
    place.goto(page, "review/")
    expect(page.locator("#item-title")).to_have_text("Summer page")
    page.keyboard.press("r")
    page.keyboard.press("2")
    page.get_by_role("button", name="Reject, nothing is done").press("Enter")
    told = f"This was a planted mistake: {WORDS}. You caught it. Nothing would have been done."
    expect(page.get_by_text(told)).to_be_visible()
    with tenant_scope(place.client.tenant.pk):
        assert Planted.objects.get().outcome == "caught"


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_stands_in_anybodys_way(place: Place, browser: Browser, theme: str) -> None:
    """axe finds nothing, no page is wider than a phone, and nothing is against the policy."""
    place.plant()
    with tenant_scope(place.client.tenant.pk):
        look = SecondLook.objects.get().pk
    tour = {
        place.world.operator: ["quality/", f"quality/plant/{place.source.pk}/"],
        place.client.owner: ["quality/", "policies/"],
        place.client.approver: ["looks/", f"looks/{look}/"],
    }
    for user, paths in tour.items():
        context = browser.new_context(color_scheme=theme)  # type: ignore[arg-type]
        page = place.sign_in(context, user)
        complaints = complaints_of(page)
        for path in paths:
            for width in (1440, 320):
                page.set_viewport_size({"width": width, "height": 860})
                place.goto(page, path)
                check(page)
        assert complaints == []
