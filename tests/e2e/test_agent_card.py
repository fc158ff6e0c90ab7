"""A document is imported in a browser; an agent's card rests on it: approved once, then undone."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from approvals.models import Proposal
from tenants.models import User
from tenants.scope import tenant_scope
from tests.e2e.manners import check
from tests.fakes.sink import HttpSink
from tests.processes import PRIVATE_HOSTS, Processes, processes, wait_until
from tests.workflows.engine.agent_kit import ORDER, agent_text
from tests.world import PASSWORD, REQUEST, Client, World, admin_actor, make_world
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]

FOUND = f"/orders/{REQUEST['order_id']}"
TITLE = "Refund $48.20 to mia.new@mail.example"
TOOLS = {
    "GET /orders/{order}": ("orders.find", "Find an order"),
    "POST /orders/{order}/refunds": ("orders.refund", "Refund"),
    "DELETE /refunds/{refund}": ("orders.cancel_refund", "Cancel a refund"),
}
PLAN = """      plan:
        - {tool: orders.find, args: {order: "[[request.order_id]]"}}
        - tool: orders.refund
          args:
            order: "[[orders.find.order]]"
            customer: "[[request.reply_to]]"
            amount: {value: "[[orders.find.total]]", currency: USD}
      template: "[[orders_find.customer]] wants the money back."
      after_proposal: continue"""


def answers(schema: dict[str, Any]) -> dict[str, Any]:
    """The answers of an operation that is done."""
    return {"200": {"description": "Done", "content": {"application/json": {"schema": schema}}}}


def document(shop: str) -> dict[str, Any]:
    """The shop's document: an order is found and refunded, and a refund is taken back."""
    order, refund = (
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in ("order", "refund")
    )
    texts = {name: {"type": "string"} for name in ("order", "customer", "email")}
    found = {"type": "object", "properties": texts | {"total": {"type": "integer"}}}
    money = {"value": {"type": "integer", "minimum": 1}, "currency": {"type": "string"}}
    asked = {
        "type": "object",
        "required": ["customer", "amount"],
        "properties": {
            "customer": {"type": "string"},
            "amount": {"type": "object", "required": list(money), "properties": money},
        },
    }
    made = {"type": "object", "required": ["refund"], "properties": {"refund": {"type": "string"}}}

    return {
        "openapi": "3.1.0",
        "info": {"title": "The shop", "version": "1"},
        "servers": [{"url": f"http://{shop}"}],
        "paths": {
            "/orders/{order}": {
                "parameters": [order],
                "get": {"operationId": "find", "responses": answers(found)},
            },
            "/orders/{order}/refunds": {
                "parameters": [order],
                "post": {
                    "operationId": "refund",
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": asked}},
                    },
                    "responses": answers(made),
                },
            },
            "/refunds/{refund}": {
                "parameters": [refund],
                "delete": {
                    "operationId": "cancelRefund",
                    "responses": {"200": {"description": "Taken back"}},
                },
            },
        },
    }


def shop_answer(path: str) -> Any:
    if path.endswith("/refunds"):
        return {"refund": "re_1"}
    return ORDER if path.startswith("/orders") else {"ok": True}


def start_agent(client: Client, admin: User) -> None:
    """A run of an agent with the imported tools; its customer wants another address."""
    text = agent_text(PLAN).replace("openai/scripted", "offline/planner")
    text = text.replace("shop.refund", "orders.refund")
    workflow = make_workflow(text=text, owner=client.owner, actor=admin_actor(admin))
    message = "It broke. Refund me as mia.new@mail.example from now on."
    given = {**REQUEST, "message": message, "reply_to": "mia.new@mail.example"}
    start_run(workflow, input=given, trigger="api", actor=client.actor())


def sign_in(browser: Browser, web: str, user: User, path: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.goto(f"{web}/accounts/login/?next={path}")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"**{path}")
    return page


def look(page: Page, name: str) -> None:
    """Nothing is in anybody's way, on a desk or a phone."""
    for width in (375, 1440):
        page.set_viewport_size({"width": width, "height": 1000})
        check(page)
        if folder := os.environ.get("HANDRAIL_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/agent-{name}-{width}.png", full_page=True)


def done(client: Client, *statuses: str) -> bool:
    with tenant_scope(client.tenant.pk):
        found = Proposal.objects.filter(is_undo=False).values_list("status", flat=True)
        return Counter(found) == Counter(statuses)


@pytest.fixture
def shop() -> Iterator[HttpSink]:
    with HttpSink(body=shop_answer) as opened:
        yield opened


@pytest.fixture
def world(shop: HttpSink) -> World:
    made = make_world(shop=shop.host)
    for user in (made.harbor.owner, made.operator):
        user.set_password(PASSWORD)
        user.save()
    return made


def test_an_imported_agents_card_is_approved_and_undone(
    tmp_path: Path, world: World, shop: HttpSink, browser: Browser
) -> None:
    with processes(tmp_path, **{PRIVATE_HOSTS: shop.host}) as run:
        web, client = run.web(), world.harbor
        file = tmp_path / "shop.json"
        file.write_text(json.dumps(document(shop.host)))
        import_document(sign_in(browser, web, world.operator, "/t/harbor-pine/tools/"), file)
        with tenant_scope(client.tenant.pk):
            start_agent(client, world.admin)
        _story(run, web, client, shop, browser)


def import_document(page: Page, file: Path) -> None:
    """Staff turn the three operations on and say what each does."""
    page.get_by_role("link", name="Import from OpenAPI").click()
    page.get_by_label("Short name").fill("orders")
    page.get_by_label("The document as a file").set_input_files(file)
    page.get_by_role("button", name="Read it").click()
    for box in page.get_by_role("checkbox").all():
        assert not box.is_checked()
        box.check()
    page.get_by_role("button", name="Say what they do").click()
    forms = {key: page.get_by_role("group", name=key) for key in TOOLS}
    for key, (name, title) in TOOLS.items():
        forms[key].get_by_label("Name", exact=True).fill(name)
        forms[key].get_by_label("What people read").fill(title)
    find, refund, cancel = forms.values()
    find.get_by_label("What it does").select_option("read")
    for form, kind in ((refund, "refund"), (cancel, "edit")):
        form.get_by_label("What it does").select_option("write")
        form.get_by_label("Kind of change").select_option(kind)
    refund.get_by_text("Words, repetition and undo").click()
    refund.get_by_label("On the card").fill("Refund {amount} to {customer}")
    refund.get_by_label("On the button").fill("refund")
    refund.get_by_label("Undone by").select_option("DELETE /refunds/{refund}")
    refund.get_by_label("Arguments of the undo").fill('{"refund": "result.body.refund"}')
    look(page, "declare")
    page.get_by_role("button", name="Turn them on").click()
    expect(page.get_by_text("3 tools are kept as declared.")).to_be_visible()


def _story(run: Processes, web: str, client: Client, shop: HttpSink, browser: Browser) -> None:
    run.worker()
    wait_until(lambda: done(client, "proposed"), seconds=30, what="the card is there")
    page = sign_in(browser, web, client.owner, "/t/harbor-pine/review/")
    expect(page.locator("#item-title")).to_contain_text(TITLE)
    quoted = page.locator(".arguments .amber-text").first
    expect(quoted).to_contain_text("From the request of")
    expect(quoted).to_contain_text("Refund me as mia.new@mail.example from now on")
    expect(page.get_by_text("From the answer of “Find an order”").first).to_be_visible()
    look(page, "card")
    assert [one["path"] for one in shop.effects] == [FOUND]
    page.get_by_role("button", name="Approve and refund").click()
    expect(page.locator("#notices")).to_contain_text(f"Approved: {TITLE}")
    wait_until(lambda: done(client, "executed"), seconds=40, what="the refund is done")
    with tenant_scope(client.tenant.pk):
        item = Proposal.objects.get(is_undo=False).item_id
    page.goto(f"{web}/t/harbor-pine/review/{item}/")
    look(page, "done")
    page.get_by_text("Undo…").click()
    page.locator("#actions .button.danger").click()
    wait_until(lambda: done(client, "undone"), seconds=40, what="the refund is undone")
    counted = Counter((one["method"], one["path"]) for one in shop.effects)
    assert counted == {
        ("GET", FOUND): 1,
        ("POST", "/orders/A-17/refunds"): 1,
        ("DELETE", "/refunds/re_1"): 1,
    }
    page.reload()
    expect(page.get_by_text("This was undone.")).to_be_visible()
    look(page, "undone")
