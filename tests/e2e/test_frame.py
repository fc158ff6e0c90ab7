"""What frames every page, in a real browser: whose clock it goes by, and how its buttons stand."""

import pytest
from django.conf import settings
from django.test.utils import override_script_prefix
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.e2e.manners import check
from tests.e2e.test_review_page import Desk
from tests.isolation.furnished import Things, furnish
from tests.isolation.routes import INSIDE
from tests.world import PASSWORD, make_world

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]


# Every button that is shown, with the number of lines its label takes.
LINES = """() => [...document.querySelectorAll("button, .button")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.offsetWidth > 1)
  .map((one) => {
    const range = document.createRange();
    const texts = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
    const boxes = [];
    while (texts.nextNode()) {
      const { parentElement: around } = texts.currentNode;
      if (!around.checkVisibility() || around.closest(".only-read, kbd, .count")) continue;
      range.selectNodeContents(texts.currentNode);
      boxes.push(...[...range.getClientRects()].filter((box) => box.width > 1));
    }
    boxes.sort((a, b) => a.top - b.top);
    let lines = 0;
    let bottom = -Infinity;
    for (const box of boxes) {
      if (box.top >= bottom - 3) lines += 1;
      bottom = Math.max(bottom, box.bottom);
    }
    return [one.innerText.trim(), lines, one.scrollWidth > one.clientWidth + 1];
  })"""
NARROW = """() => {
  for (const one of document.querySelectorAll(".button")) one.style.width = "4rem";
}"""
OPEN_ALL = """() => {
  for (const one of document.querySelectorAll("main details, #item details")) one.open = true;
}"""


WIDTHS = (1440, 375)


def broken(page: Page) -> list[str]:
    """Buttons whose label takes more than a line, or is cut."""
    return [text for text, lines, is_cut in page.evaluate(LINES) if lines > 1 or is_cut]


@pytest.fixture
def desk(web: str) -> Desk:
    client = make_world().harbor
    client.tenant.timezone = "America/New_York"
    client.tenant.save(update_fields=["timezone"])
    return Desk(client, web)


def test_the_zone_is_named_to_who_lives_by_another_clock(desk: Desk, browser: Browser) -> None:
    for zone, is_named in (("Europe/Berlin", True), ("America/Toronto", False)):
        context = browser.new_context(timezone_id=zone, viewport={"width": 375, "height": 800})
        page = desk.sign_in(context)
        named = page.get_by_text("Times here are in America/New_York, not yours.")
        for path in ("review/", "runs/", "policies/"):
            page.goto(f"{desk.web}/t/harbor-pine/{path}")
            expect(named).to_be_visible() if is_named else expect(named).to_be_hidden()
        check(page)


def pages_of(things: Things, by: str) -> list[str]:
    """Every address below a client that this person opens by GET, with something to show."""
    found = []
    with override_script_prefix(f"/t/{things.slug}/"):
        for name, route in INSIDE.items():
            # A file is saved and not shown.
            if "GET" not in route.methods or route.by != by or name == "source_file":
                continue
            kwargs = {
                key: value.removeprefix("=") if value.startswith("=") else things.ids[value]
                for key, value in route.kwargs.items()
            }
            found.append(reverse(name, urlconf=settings.TENANT_URLCONF, kwargs=kwargs))
    return found


def check_buttons(page: Page, web: str, paths: list[str]) -> dict[str, list[str]]:
    """The broken buttons of each page, with all that can be opened there open."""
    found = {}
    for path in paths:
        answer = page.goto(f"{web}{path}")
        if answer and answer.ok and "text/html" in answer.headers.get("content-type", ""):
            page.evaluate(OPEN_ALL)
            found[path] = []
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 860})
                found[path] += broken(page)
    return found


def test_no_button_of_any_page_is_broken_over_two_lines(web: str, browser: Browser) -> None:
    world = make_world()
    things = furnish(world, world.harbor, weeks_ago=1)
    found = {}
    for user, by in ((world.harbor.owner, "owner"), (world.operator, "operator")):
        user.set_password(PASSWORD)
        user.save()
        page = browser.new_context().new_page()
        page.goto(f"{web}/accounts/login/")
        page.get_by_label("Email").fill(user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda url: "/accounts/" not in url)
        paths = pages_of(things, by)
        if by == "owner":
            paths.append(f"/t/{things.slug}/review/{things.ids['item']}/?edit=1")
        found |= check_buttons(page, web, paths)
    assert len(found) > 25, found
    assert {path: labels for path, labels in found.items() if labels} == {}
    page.goto(f"{web}/t/{things.slug}/workflows/refund-replies/edit/")
    assert broken(page) == []
    page.evaluate(NARROW)
    assert broken(page), "a label that is broken is not seen"
