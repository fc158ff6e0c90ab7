"""A real shop's data: policy, orders, products and customers, and its tasks' own actions."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approvals.decisions.services import Choice, decide
from approvals.gate.tools import add_tool
from approvals.models import Proposal, ReviewItem
from audit import outbox
from tenants.actors import Actor
from tenants.models import Record
from tenants.scope import tenant_scope
from tenants.sources.services import add_revision, add_source
from tests.fakes.model import MODEL, ModelServer
from tests.fakes.sink import HttpSink
from tests.world import Client, admin_actor, make_world
from workflows.models import Workflow
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "retail"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.exists(), reason="../shared/data/retail is not here"),
]

TEXTS = {"type": "array", "items": {"type": "string"}}
TEXT = {"type": "string"}
ADDRESS = ("address1", "address2", "city", "state", "country", "zip")
TOOLS: dict[str, tuple[str, dict[str, Any]]] = {
    "cancel_pending_order": ("delete", {"order_id": TEXT, "reason": TEXT}),
    "return_delivered_order_items": (
        "refund",
        {"order_id": TEXT, "item_ids": TEXTS, "payment_method_id": TEXT},
    ),
    "exchange_delivered_order_items": (
        "edit",
        {"order_id": TEXT, "item_ids": TEXTS, "new_item_ids": TEXTS, "payment_method_id": TEXT},
    ),
    "modify_pending_order_items": (
        "edit",
        {"order_id": TEXT, "item_ids": TEXTS, "new_item_ids": TEXTS, "payment_method_id": TEXT},
    ),
    "modify_pending_order_address": (
        "edit",
        {"order_id": TEXT, **dict.fromkeys(ADDRESS, TEXT)},
    ),
    "modify_user_address": ("edit", {"user_id": TEXT, **dict.fromkeys(ADDRESS, TEXT)}),
}


def _tasks(count: int) -> list[dict[str, Any]]:
    """Tasks that write something, each tool at most once."""
    found = []
    for task in json.loads((DATA / "tasks.json").read_text()):
        writes = [a for a in task["evaluation_criteria"]["actions"] if a["name"] in TOOLS]
        if writes and len({a["name"] for a in writes}) == len(writes):
            found.append(
                {"id": task["id"], "writes": {a["name"]: a["arguments"] for a in writes}}
                | {"reason": task["user_scenario"]["instructions"]["reason_for_call"]}
            )
    return found[:count]


def _definition() -> str:
    properties = ", ".join(f"{name}: {{type: object}}" for name in TOOLS)
    acts = "".join(
        f"""
  - name: {name}
    needs: [plan]
    if: "has(steps.plan.output.{name})"
    act:
      tool: {name}
      group: answer
      args: {{{", ".join(f"{a}: 'steps.plan.output.{name}.{a}'" for a in TOOLS[name][1])}}}"""
        for name in TOOLS
    )
    return f"""
workflow: retail
rung: execute_with_approval
model: {MODEL}
brief: {{why: Answer what customers ask of the shop.}}
sources: [policy, shop-orders, products, customers]
steps:
  - name: facts
    retrieve: {{query: "{{{{ input.reason }}}}", records: {{shop-orders: "input.order_id"}}}}
  - name: plan
    needs: [facts]
    generate:
      prompt: Decide what to do for task {{{{ input.task }}}}.
      cite: facts
      schema:
        type: object
        required: [text]
        properties: {{text: {{type: string}}, {properties}}}
{acts}
"""


def _load_sources(client: Client, actor: Actor) -> float:
    """Load everything; returns the seconds the orders took."""
    seconds = 0.0
    for name, kind, file, key in (
        ("policy", "document", "policy.md", ""),
        ("products", "records", "products.json", "product_id"),
        ("customers", "records", "users.json", "_key"),
        ("shop-orders", "records", "orders.json", "order_id"),
    ):
        source = add_source(
            name=name, title=name, kind=kind, key_field=key, owner=client.owner, actor=actor
        )
        began = time.monotonic()
        add_revision(source, filename=file, content=(DATA / file).read_bytes(), actor=actor)
        seconds = time.monotonic() - began
    return seconds


def _shop(client: Client, actor: Actor, shop: HttpSink) -> Workflow:
    for name, (kind, arguments) in TOOLS.items():
        add_tool(
            name=name,
            title=name,
            adapter="http",
            effect="write",
            kind=kind,
            takes_key=True,
            actor=actor,
            settings={"url": f"{shop.url}/{name}"},
            args_schema={"type": "object", "required": list(arguments), "properties": arguments},
            phrases={"title": f"{name} {{{next(iter(arguments))}}}"},
        )
    return make_workflow(text=_definition(), owner=client.owner, actor=actor)


@pytest.fixture
def tasks() -> list[dict[str, Any]]:
    found = _tasks(20)
    assert len(found) == 20
    return found


@pytest.fixture
def model(tasks: list[dict[str, Any]]) -> Iterator[ModelServer]:
    """Answers each task with the task's own actions as tool calls."""
    by_id = {task["id"]: task for task in tasks}

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        asked = re.search(r"for task (\w+)\.", request["messages"][-1]["content"])
        assert asked is not None
        return {"text": "I can do that for you.", **by_id[asked[1]]["writes"]}

    with ModelServer(answer) as server, server.in_environment():
        yield server


def test_a_thousand_orders_load_in_under_thirty_seconds() -> None:
    world = make_world()
    with tenant_scope(world.harbor.tenant.pk):
        seconds = _load_sources(world.harbor, admin_actor(world.admin))
        assert Record.objects.filter(revision__source__name="shop-orders").count() == 1000
    assert seconds < 30


def test_twenty_tasks_propose_their_own_actions_and_only_approved_ones_happen(
    tasks: list[dict[str, Any]], model: ModelServer
) -> None:
    with HttpSink() as shop:
        world = make_world(shop=shop.host)
        client = world.harbor
        with tenant_scope(client.tenant.pk):
            actor = admin_actor(world.admin)
            _load_sources(client, actor)
            workflow = _shop(client, actor, shop)
            wanted = _run_all(client, workflow, tasks)
            approved = _decide_every_other(client)
            outbox.drain()
        assert shop.requests, "nothing was approved"
        assert _done(shop) == sorted(
            (name, json.dumps(args, sort_keys=True))
            for task in approved
            for name, args in wanted[task].items()
        )


def _run_all(
    client: Client, workflow: Workflow, tasks: list[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Run the tasks; every proposal must carry exactly its task's arguments."""
    wanted = {}
    for task in tasks:
        order = next((a["order_id"] for a in task["writes"].values() if "order_id" in a), "")
        run, _ = start_run(
            workflow,
            input={"task": task["id"], "reason": task["reason"], "order_id": order},
            trigger="api",
            actor=client.actor(),
        )
        outbox.drain()
        proposals = Proposal.objects.filter(run_id=run.pk)
        assert {p.tool_name: p.args for p in proposals} == task["writes"], task["id"]
        wanted[str(run.pk)] = task["writes"]
    return wanted


def _decide_every_other(client: Client) -> list[str]:
    approved = []
    for number, item in enumerate(ReviewItem.objects.order_by("id")):
        assert item.kind == "proposal", item.title
        choice = (
            Choice("accept", item.content_hash)
            if number % 2
            else Choice("reject", item.content_hash, reason="not_needed")
        )
        decide(item.pk, choice, actor=client.actor())
        if choice.choice == "accept":
            approved.append(str(item.run_id))
    return approved


def _done(shop: HttpSink) -> list[tuple[str, str]]:
    return sorted(
        (r["path"].strip("/"), json.dumps(r["body"], sort_keys=True)) for r in shop.requests
    )
