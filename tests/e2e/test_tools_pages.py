"""The import of a document in a real browser: without JavaScript, on a desk and a phone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.manners import RULES
from tests.processes import processes
from tests.workflows.openapi.shop_document import shop_document
from tests.world import PASSWORD, World, make_world

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]
PHONE, DESK = {"width": 375, "height": 812}, {"width": 1440, "height": 860}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    with processes(tmp_path) as run:
        yield run.web()


@pytest.fixture
def world() -> World:
    made = make_world()
    made.operator.set_password(PASSWORD)
    made.operator.save()
    return made


def look(page: Page, name: str) -> None:
    """Nothing is in anybody's way, on a desk or a phone."""
    for kind, size in (("phone", PHONE), ("desk", DESK)):
        page.set_viewport_size(size)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], (name, kind, wide)
        if folder := os.environ.get("HANDRAIL_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/{name}-{kind}.png", full_page=True)
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


def test_staff_import_a_document_and_turn_two_operations_on(
    world: World, web: str, browser: Browser, tmp_path: Path
) -> None:
    wrong = shop_document()
    wrong["paths"]["/orders"]["post"] = {"requestBody": {"$ref": "other.yaml#/a/long/place"}}
    file = tmp_path / "shop.yaml"
    file.write_text(yaml.safe_dump(wrong, sort_keys=False))
    page = browser.new_page()
    page.goto(f"{web}/accounts/login/?next=/t/harbor-pine/tools/")
    page.get_by_label("Email").fill(world.operator.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Import from OpenAPI").click()
    look(page, "tools-import")
    page.get_by_label("Short name").fill("shopapi")
    page.get_by_label("The document as a file").set_input_files(file)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("$ref leads out of the document")).to_be_visible()
    boxes = page.get_by_role("checkbox")
    assert [box.is_checked() for box in boxes.all()] == [False] * 4
    look(page, "tools-choose")
    # By the keyboard alone.
    find = page.get_by_label("Find an order")
    find.focus()
    page.keyboard.press("Space")
    page.get_by_label("Refund an order").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Say what they do").focus()
    page.keyboard.press("Enter")
    refund = page.get_by_role("group", name="POST /orders/{order}/refunds")
    expect(refund.get_by_label("Name")).to_have_value("shopapi.refund_order")
    refund.get_by_label("What it does").select_option("write")
    refund.get_by_label("Kind of change").select_option("refund")
    look(page, "tools-declare")
    page.get_by_role("button", name="Turn them on").click()
    expect(page.get_by_text("2 tools are kept as declared.")).to_be_visible()
    expect(page.get_by_role("link", name="Find an order")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="shopapi.refund_order")
    expect(row).to_contain_text("write: refund")
    look(page, "tools")
