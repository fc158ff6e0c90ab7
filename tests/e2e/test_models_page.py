"""The routing table's page in a real browser: tried and stored without JavaScript, on a phone."""

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import manners
from tests.workflows.routing.routing_kit import TABLE, let_hold
from tests.world import PASSWORD, World, make_world
from workflows.models import RoutingVersion

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]


@pytest.fixture
def world(committed: None) -> World:
    made = make_world()
    made.admin.set_password(PASSWORD)
    made.admin.save()
    let_hold(TABLE, made.admin)
    return made


def test_an_admin_tries_a_table_and_lets_it_hold(world: World, web: str, browser: Browser) -> None:
    size = {"width": 375, "height": 800}
    with_scripts = browser.new_context(viewport=size)  # axe is a script
    page = with_scripts.new_page()
    page.goto(f"{web}/accounts/login/?next=/desk/models/")
    page.get_by_label("Email").fill(world.admin.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    manners.check(page)
    page.set_viewport_size({"width": 1440, "height": 860})
    manners.check(page)

    plain = browser.new_context(viewport=size, java_script_enabled=False)
    plain.add_cookies(with_scripts.cookies())  # type: ignore[arg-type]  # cookies as they were given
    page = plain.new_page()
    page.goto(f"{web}/desk/models/")
    table = page.get_by_label("The table")
    text = table.input_value()
    table.fill(text.replace("rows:", "rows:\n- need: sing\n  use: [offline/quick]"))
    page.get_by_role("button", name="Try it on past calls").click()
    expect(page.get_by_text("rows 1 need:")).to_be_visible()
    table.fill(text.replace("consequence: heavy", "consequence: goes_out"))
    page.get_by_role("button", name="Try it on past calls").click()
    expect(page.get_by_text("no routed calls of the last 7 days")).to_be_visible()
    page.get_by_label("What changes, and why").fill("Mails too")
    page.get_by_role("button", name="Let it hold from now on").click()
    expect(page.get_by_text("Version 2 of the table holds from now on.")).to_be_visible()
    expect(page.get_by_text("A call that may send something out")).to_be_visible()
    assert RoutingVersion.objects.count() == 2
    plain.close()
    with_scripts.close()
