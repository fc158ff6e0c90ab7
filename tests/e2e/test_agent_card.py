"""An agent's card in a browser: quoted origins, an approval, the effect once, and its undo."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from approvals.gate.tools import add_tool, change_tool
from approvals.models import Proposal, Tool
from tenants.scope import tenant_scope
from tests.e2e.manners import check
from tests.fakes.sink import HttpSink
from tests.processes import PRIVATE_HOSTS, Processes, processes, wait_until
from tests.undo_kit import NUMBER, answer
from tests.workflows.engine.agent_kit import ORDER, agent_text, finder
from tests.world import PASSWORD, REQUEST, Client, admin_actor, make_world
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]

TITLE = "Refund $48.20 to mia.new@mail.example"
PLAN = """      plan:
        - {tool: orders.find, args: {order: "[[request.order_id]]"}}
        - tool: shop.refund
          args:
            order: "[[orders.find.order]]"
            customer: "[[request.reply_to]]"
            amount: {value: "[[orders.find.total]]", currency: USD}
      template: "[[orders_find.customer]] wants the money back."
      after_proposal: continue"""


def shop_answer(path: str) -> Any:
    return ORDER if path.startswith("/orders") else answer(path)


def set_up(client: Client, admin: Any, shop: str) -> None:
    """An agent with a refund that can be undone, and a run of it."""
    actor = admin_actor(admin)
    finder(actor, shop)
    made: dict[str, Any] = {"adapter": "http", "args_schema": NUMBER, "actor": actor}
    settings = {"url": f"http://{shop}/cancel"}
    add_tool(
        name="shop.cancel_refund",
        title="Cancel refund",
        effect="write",
        kind="edit",
        takes_key=True,
        settings=settings,
        **made,
    )
    change_tool(
        Tool.objects.get(name="shop.refund"),
        actor=actor,
        undo_tool="shop.cancel_refund",
        undo_args={"refund": "result.body.refund"},
    )
    text = agent_text(PLAN).replace("openai/scripted", "offline/planner")
    workflow = make_workflow(text=text, owner=client.owner, actor=actor)
    message = "It broke. Refund me as mia.new@mail.example from now on."
    given = {**REQUEST, "message": message, "reply_to": "mia.new@mail.example"}
    start_run(workflow, input=given, trigger="api", actor=client.actor())


def sign_in(browser: Browser, web: str, client: Client) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.goto(f"{web}/accounts/login/")
    page.get_by_label("Email").fill(client.owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/t/harbor-pine/review/")
    return page


def done(client: Client, *statuses: str) -> bool:
    with tenant_scope(client.tenant.pk):
        found = Proposal.objects.filter(is_undo=False).values_list("status", flat=True)
        return Counter(found) == Counter(statuses)


def test_an_agents_card_is_approved_and_undone(tmp_path: Path, browser: Browser) -> None:
    with HttpSink(body=shop_answer) as shop:
        world = make_world(shop=shop.host)
        client = world.harbor
        client.owner.set_password(PASSWORD)
        client.owner.save()
        with processes(tmp_path, **{PRIVATE_HOSTS: shop.host}) as run:
            _story(run, client, world.admin, shop, browser)


def _story(run: Processes, client: Client, admin: Any, shop: HttpSink, browser: Browser) -> None:
    web = run.web()
    run.worker()
    with tenant_scope(client.tenant.pk):
        set_up(client, admin, shop.host)
    wait_until(lambda: done(client, "proposed"), seconds=30, what="the card is there")
    page = sign_in(browser, web, client)
    expect(page.locator("#item-title")).to_contain_text(TITLE)
    quoted = page.locator(".arguments .amber-text").first
    expect(quoted).to_contain_text("From the request of")
    expect(quoted).to_contain_text("Refund me as mia.new@mail.example from now on")
    expect(page.get_by_text("From the answer of orders.find").first).to_be_visible()
    check(page)
    page.set_viewport_size({"width": 375, "height": 800})
    check(page)
    page.set_viewport_size({"width": 1440, "height": 1000})
    assert [one["path"] for one in shop.effects] == ["/orders/find"]
    page.get_by_role("button", name="Approve and refund").click()
    expect(page.locator("#notices")).to_contain_text(f"Approved: {TITLE}")
    wait_until(lambda: done(client, "executed"), seconds=40, what="the refund is done")
    with tenant_scope(client.tenant.pk):
        item = Proposal.objects.get(is_undo=False).item_id
    page.goto(f"{web}/t/harbor-pine/review/{item}/")
    page.get_by_text("Undo…").click()
    page.locator("#actions .button.danger").click()
    wait_until(lambda: done(client, "undone"), seconds=40, what="the refund is undone")
    counted = Counter(one["path"] for one in shop.effects)
    assert counted == {"/orders/find": 1, "/refunds": 1, "/cancel": 1}
