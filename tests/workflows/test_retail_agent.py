"""The retail tasks' own calls, made by an agent: reads answered, writes proposed exactly."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approvals.decisions.services import Choice, decide
from approvals.gate.tools import add_tool
from approvals.models import Proposal, ReviewItem
from audit import outbox
from tenants.actors import Actor
from tenants.scope import tenant_scope
from tests.fakes.model import MODEL, ModelServer
from tests.fakes.said import Answer, Called, Said
from tests.workflows.retail_shop import ADDRESS, RetailShop, ShopData
from tests.world import Client, admin_actor, make_world
from workflows.models import Run, Workflow
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "retail"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.exists(), reason="../shared/data/retail is not here"),
]
ALL = os.environ.get("HANDRAIL_LONG_TESTS") == "1"
SOME = 20  # tasks otherwise

TEXT, TEXTS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
ITEMS = {"order_id": TEXT, "item_ids": TEXTS, "payment_method_id": TEXT}
PLACE = dict.fromkeys(ADDRESS, TEXT)
READS: dict[str, dict[str, Any]] = {
    "get_order_details": {"order_id": TEXT},
    "get_user_details": {"user_id": TEXT},
    "get_product_details": {"product_id": TEXT},
    "get_item_details": {"item_id": TEXT},
    "find_user_id_by_email": {"email": TEXT},
    "find_user_id_by_name_zip": {"first_name": TEXT, "last_name": TEXT, "zip": TEXT},
    "calculate": {"expression": TEXT},
}
WRITES: dict[str, tuple[str, dict[str, Any]]] = {
    "cancel_pending_order": ("delete", {"order_id": TEXT, "reason": TEXT}),
    "return_delivered_order_items": ("refund", ITEMS),
    "exchange_delivered_order_items": ("edit", {**ITEMS, "new_item_ids": TEXTS}),
    "modify_pending_order_items": ("edit", {**ITEMS, "new_item_ids": TEXTS}),
    "modify_pending_order_address": ("edit", {"order_id": TEXT, **PLACE}),
    "modify_pending_order_payment": ("edit", {"order_id": TEXT, "payment_method_id": TEXT}),
    "modify_user_address": ("edit", {"user_id": TEXT, **PLACE}),
    "transfer_to_human_agents": ("commit", {"summary": TEXT}),
}
DEFINITION = f"""
workflow: retail-agent
rung: execute_with_approval
model: {MODEL}
brief: {{why: Answer what customers ask of the shop.}}
steps:
  - name: work
    agent:
      prompt: "Settle task {{{{ input.task }}}}."
      tools: [{", ".join((*READS, *WRITES))}]
      after_proposal: continue
      caps: {{turns: 50, tool_calls: 60, same_calls: 10, tokens: 5000000}}
"""


@pytest.fixture
def tasks() -> dict[str, list[dict[str, Any]]]:
    """The actions of each task, by its id."""
    given = json.loads((DATA / "tasks.json").read_text())
    assert len(given) == 114
    found = {task["id"]: task["evaluation_criteria"]["actions"] for task in given}
    return found if ALL else dict(list(found.items())[:SOME])


@pytest.fixture
def model(tasks: dict[str, list[dict[str, Any]]]) -> Iterator[ModelServer]:
    """A model that makes its task's own calls, one a turn."""

    def answer(request: dict[str, Any]) -> Answer:
        asked = re.search(r"Settle task (\w+)\.", request["messages"][1]["content"])
        assert asked is not None
        done = sum(message["role"] == "assistant" for message in request["messages"])
        actions = tasks[asked[1]]
        if done == len(actions):
            return "That is all."
        action = actions[done]
        return Said(calls=(Called(action["name"], action["arguments"]),))

    with ModelServer(answer) as server, server.in_environment():
        yield server


def _tools(actor: Actor, shop: RetailShop) -> None:
    declared = [(name, "read", None, args) for name, args in READS.items()]
    declared += [(name, "write", kind, args) for name, (kind, args) in WRITES.items()]
    for name, effect, kind, arguments in declared:
        add_tool(
            name=name,
            title=name,
            adapter="http",
            effect=effect,
            kind=kind,
            takes_key=True,
            actor=actor,
            settings={"url": f"{shop.url}/{name}"},
            args_schema={"type": "object", "required": list(arguments), "properties": arguments},
        )


def _run(client: Client, workflow: Workflow, task: str) -> Run:
    run, _ = start_run(workflow, input={"task": task}, trigger="api", actor=client.actor())
    outbox.drain()
    return Run.objects.get(pk=run.pk)


def _approve(client: Client, run: Run) -> None:
    item = ReviewItem.objects.get(run_id=run.pk, status="waiting")
    decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())
    outbox.drain()


def test_the_shops_state_is_what_the_tasks_actions_make_of_it(
    tasks: dict[str, list[dict[str, Any]]], model: ModelServer
) -> None:
    data = ShopData(DATA)
    expected = data.copy()
    with RetailShop(data, frozenset(WRITES)) as shop:
        world = make_world(shop=shop.host)
        client = world.harbor
        with tenant_scope(client.tenant.pk):
            actor = admin_actor(world.admin)
            _tools(actor, shop)
            workflow = make_workflow(text=DEFINITION, owner=client.owner, actor=actor)
            for task, actions in tasks.items():
                wanted = [(a["name"], a["arguments"]) for a in actions if a["name"] in WRITES]
                before = json.dumps(data.state, sort_keys=True)
                run = _run(client, workflow, task)
                proposals = Proposal.objects.filter(run_id=run.pk).order_by("position")
                assert [(p.tool_name, p.args) for p in proposals] == wanted, task
                assert json.dumps(data.state, sort_keys=True) == before, "nothing is done yet"
                _approve(client, run)
                for name, args in wanted:
                    expected.write(name, args)
                assert Run.objects.get(pk=run.pk).status == "done", task
    assert data.state == expected.state
    reads = [a for actions in tasks.values() for a in actions if a["name"] in READS]
    made = [one for one in shop.requests if one["path"].strip("/") in READS]
    assert [one["body"] for one in made] == [action["arguments"] for action in reads]
