"""Deployments in a real browser: added, tried by a worker, changed; also without JavaScript."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import manners
from tests.fakes.model import ModelServer
from tests.processes import processes
from tests.workflows.routing.routing_kit import TABLE, let_hold
from tests.world import PASSWORD, World, make_world
from workflows.models import DeploymentTry, RoutingVersion

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]
PATH = "/desk/models/deployments/"
PHONE, DESK = {"width": 375, "height": 800}, {"width": 1440, "height": 860}
ANSWER = {"text": "I am here and ready.", "ready": True}


@pytest.fixture
def world(committed: None) -> World:
    made = make_world()
    made.admin.set_password(PASSWORD)
    made.admin.save()
    let_hold(TABLE, made.admin)
    return made


@pytest.fixture
def worker(world: World, tmp_path: Path) -> Iterator[ModelServer]:
    """The model server that a worker process of its own asks."""
    model = ModelServer([ANSWER, "I am here!"], delay=1.5)
    with model, processes(tmp_path, **model.environment) as run:
        run.worker()
        yield model


def look_at(page: Page, name: str) -> None:
    """Check a page at both widths; keep its pictures where somebody wants to see them."""
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        manners.check(page)
        if folder := os.environ.get("HANDRAIL_PICTURES"):
            page.screenshot(path=f"{folder}/{name}-{size['width']}.png", full_page=True)


def sign_in(page: Page, web: str, world: World, path: str) -> None:
    page.goto(f"{web}/accounts/login/?next={path}")
    page.get_by_label("Email").fill(world.admin.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_deployment_is_added_and_tried(
    world: World, web: str, worker: ModelServer, browser: Browser
) -> None:
    context = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
    page = context.new_page()
    complaints = manners.complaints_of(page)
    sign_in(page, web, world, "/desk/models/")
    page.get_by_role("link", name="Add a deployment").click()
    page.get_by_label("Name").fill("openai/gpt-4.1")
    page.get_by_role("button", name="Look it up in the price list").click()
    expect(page.get_by_text("$2.00 in and $8.00 out")).to_be_visible()
    look_at(page, "add")
    page.get_by_label("What people read").fill("our own model")
    page.get_by_label("3. Every other call").check()
    page.get_by_role("button", name="Add it to the table").click()
    expect(page.get_by_text("Version 2 of the table has openai/gpt-4.1.")).to_be_visible()
    look_at(page, "untried")
    page.get_by_role("button", name="Ask it one short question").click()
    expect(page.get_by_text("A worker has asked it")).to_be_visible(timeout=30_000)
    look_at(page, "asking")
    expect(page.get_by_text("Its answer fits the schema.")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("I am here and ready.")).to_be_visible()
    expect(page.get_by_text("gpt-4.1, of openai")).to_be_visible()
    look_at(page, "answered")
    assert complaints == []
    page.get_by_role("button", name="Ask it again").click()
    expect(page.get_by_text("But not in the shape")).to_be_visible(timeout=30_000)
    look_at(page, "misfit")
    page.goto(f"{web}/desk/models/")
    expect(page.get_by_role("link", name="Edit our own model")).to_be_visible()
    look_at(page, "models")
    assert len(worker.requests) == 2
    assert DeploymentTry.objects.filter(asked_by=world.admin).count() == 2


def test_it_all_works_without_javascript(world: World, web: str, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, web, world, "/desk/models/")
    page.get_by_role("link", name="Try the quick model").click()
    page.get_by_role("button", name="Ask it one short question").click()
    expect(page.get_by_text("It waits for a worker.")).to_be_visible()
    made = DeploymentTry.objects.get()
    made.problem, made.advice, made.ended_at = (
        "The model answered 401: no key",
        "Set it.",
        made.asked_at,
    )
    made.save()
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("It did not answer")).to_be_visible()
    expect(page.get_by_text("Set it.")).to_be_visible()
    page.get_by_label("Price in").fill("")
    page.get_by_role("button", name="Change it from now on").click()
    expect(page.get_by_text("Give both prices, or neither.")).to_be_visible()
    with_scripts = browser.new_context()  # axe is a script
    with_scripts.add_cookies(context.cookies())  # type: ignore[arg-type]
    seen = with_scripts.new_page()
    seen.goto(f"{web}{PATH}?name=offline/quick")
    look_at(seen, "failed")
    page.get_by_label("Price in").fill("2")
    page.get_by_label("It may be asked").uncheck()
    page.get_by_role("button", name="Change it from now on").click()
    expect(page.get_by_text("Version 2 of the table holds from now on.")).to_be_visible()
    expect(page.get_by_text("switched off")).to_be_visible()
    assert RoutingVersion.objects.count() == 2
