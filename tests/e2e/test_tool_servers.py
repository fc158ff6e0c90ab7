"""A server of tools and an SQL statement in a real browser, on a desk and a phone."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from approvals.models import Tool
from tenants.scope import tenant_scope
from tests.e2e.test_tools_pages import look
from tests.processes import Processes, processes
from tests.world import PASSWORD, World, make_world

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]
COMMANDS = json.dumps({"clock": f"{sys.executable} -m mcp_server_time --local-timezone UTC"})


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path, HANDRAIL_MCP_COMMANDS=COMMANDS) as opened:
        yield opened


@pytest.fixture
def world() -> World:
    made = make_world()
    made.operator.set_password(PASSWORD)
    made.operator.save()
    return made


def signed_in(world: World, web: str, browser: Browser) -> Page:
    page = browser.new_page()
    page.goto(f"{web}/accounts/login/?next=/t/harbor-pine/tools/")
    page.get_by_label("Email").fill(world.operator.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def test_staff_add_a_server_and_turn_one_of_its_tools_on(
    world: World, run: Processes, browser: Browser
) -> None:
    run.worker()
    page = signed_in(world, run.web(), browser)
    page.get_by_role("link", name="Servers of tools").click()
    look(page, "tool-servers-none")
    page.goto(page.url.replace("/tool-servers/", "/add-tool-server/"))
    look(page, "tool-server-add")
    page.get_by_label("Short name").fill("clock")
    page.get_by_label("What people read").fill("Clock")
    page.get_by_label("Command").select_option("clock")
    page.get_by_role("button", name="Add it and ask it").click()
    offered = page.get_by_label("convert_time")
    for _ in range(60):  # the command is started by a worker
        if offered.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    assert [box.is_checked() for box in page.get_by_role("checkbox").all()] == [False, False]
    look(page, "tool-server")
    offered.check()
    page.get_by_role("button", name="Say what they do").click()
    page.get_by_label("What it does").select_option("read")
    look(page, "tool-server-declare")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_text("clock.convert_time").first).to_be_visible()
    look(page, "tool-server-on")
    with tenant_scope(world.harbor.tenant.pk):
        assert [tool.effect for tool in Tool.objects.filter(adapter="mcp")] == ["read"]


def test_staff_add_a_statement(world: World, run: Processes, browser: Browser) -> None:
    page = signed_in(world, run.web(), browser)
    page.get_by_role("link", name="SQL statement").click()
    look(page, "statement")
    page.get_by_label("What people read").fill("Look up an order")
    page.get_by_label("Name", exact=True).fill("shop.order")
    page.get_by_label("Statement").fill("SELECT 1; SELECT 2")
    page.get_by_label("Database").select_option("sqlite")
    page.get_by_label("Its name").fill("shop")
    page.get_by_label("What it does").select_option("read")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("without a semicolon within it")).to_be_visible()
    look(page, "statement-refused")
    page.get_by_label("Statement").fill("SELECT total FROM orders WHERE number = %(order)s")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("Look up an order is kept as declared.")).to_be_visible()
    look(page, "tools-with-statement")
