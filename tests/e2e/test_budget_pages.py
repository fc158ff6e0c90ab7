"""Pages of budgets in a real browser: set on a phone without JavaScript, seen on reports."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tenants.scope import tenant_scope
from tests.e2e import manners
from tests.workflows.budgets.budgets_kit import set_for_provider, set_one
from tests.world import PASSWORD, World, make_world
from workflows.models import Budget

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]
PHONE, DESK = {"width": 375, "height": 800}, {"width": 1440, "height": 860}


@pytest.fixture
def world(committed: None) -> World:
    made = make_world()
    for user in (made.admin, made.harbor.owner):
        user.set_password(PASSWORD)
        user.save()
    return made


def sign_in(page: Page, web: str, email: str, path: str) -> None:
    page.goto(f"{web}/accounts/login/?next={path}")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Budgets", exact=True)).to_be_visible()


def test_an_owner_sets_a_budget_and_sees_what_is_left(
    world: World, web: str, browser: Browser
) -> None:
    harbor = world.harbor
    with tenant_scope(harbor.tenant.pk):
        set_one(is_providers=True, most=50_000_000, set_by="Ava")
    with_scripts = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = with_scripts.new_page()
    path = f"/t/{harbor.tenant.slug}/budgets/"
    sign_in(page, web, harbor.owner.email, path)
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        manners.check(page)

    plain = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    plain.add_cookies(with_scripts.cookies())  # type: ignore[arg-type]  # cookies as they were given
    page = plain.new_page()
    page.goto(f"{web}{path}")
    page.get_by_text("Add a budget…").click()
    page.get_by_label("At most").fill("12.5")
    page.get_by_label("Counted in").select_option("tokens")
    page.get_by_role("button", name="Add the budget").click()
    expect(page.get_by_text("Tokens and calls are whole numbers.")).to_be_visible()
    page.get_by_label("At most").fill("12500")
    page.get_by_label("It waits for the next period").check()
    page.get_by_role("button", name="Add the budget").click()
    expect(page.get_by_text("12,500 tokens left")).to_be_visible()
    with tenant_scope(harbor.tenant.pk):
        assert Budget.objects.get(unit="tokens").then == "queue"
    page.goto(f"{web}/t/{harbor.tenant.slug}/reports/")
    expect(page.get_by_text("$50.00 left")).to_be_visible()
    plain.close()
    with_scripts.close()


def test_the_provider_sees_every_client(world: World, web: str, browser: Browser) -> None:
    set_for_provider(most=900_000_000)
    with tenant_scope(world.harbor.tenant.pk):
        set_one()
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, web, world.admin.email, "/desk/budgets/")
    expect(page.get_by_text("$900.00 left")).to_be_visible()
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        manners.check(page)
    page.get_by_role("link", name=world.harbor.tenant.name).click()
    expect(page.get_by_text("$1.00 left")).to_be_visible()
    context.close()
