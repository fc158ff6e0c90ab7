"""An agent whose worker is killed at any point goes on at the next call, and pays nothing twice."""

import json
import re
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from approvals.decisions.services import Choice, decide
from approvals.models import ReviewItem
from portal.servers.process import Child
from tenants.scope import tenant_scope
from tests.fakes.model import MODEL, ModelServer
from tests.fakes.said import Said
from tests.fakes.sink import HttpSink
from tests.processes import processes, wait_until
from tests.workflows.budgets.budgets_kit import amounts, set_one
from tests.workflows.engine.agent_kit import (
    agent_text,
    find,
    finder,
    found_order,
    refund,
    says,
)
from tests.workflows.routing.routing_kit import let_hold, table_with
from tests.world import REQUEST, Client, admin_actor, make_world
from workflows.gateway.usage import Usage
from workflows.models import Budget, Call, Run, StepRun
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

pytestmark = pytest.mark.usefixtures("committed")

# The tool's calls are the agent's reads, which come before its proposals.
PLACES = (
    "model.before_call",
    "model.after_call",
    "model.after_commit",
    "tool.before_call",
    "tool.after_call",
    "tool.after_commit",
    "before_ack",
)
EACH = 2  # runs for each place
TOTAL = EACH * len(PLACES)
# In millionths of a dollar for each token.
PRICED = {"name": MODEL, "title": "it", "sees": "personal", "price_in": 1, "price_out": 2}
SUBJECT = re.compile(r"Lamp number \d+!")
# A run by the subject of its request, and the number of its turn.
type Asked = tuple[str, int]


class Death(NamedTuple):
    """What a worker left behind: how often each turn was asked until then, and how each stands."""

    asked: Counter[Asked]
    stored: set[Asked]
    open: set[Asked]


def _asked(model: ModelServer) -> Counter[Asked]:
    found: Counter[Asked] = Counter()
    for request in model.requests:
        messages = request["messages"]
        subject = SUBJECT.search(json.dumps(messages))
        assert subject
        found[subject[0], sum(one["role"] == "assistant" for one in messages)] += 1
    return found


def _left_behind(client: Client, model: ModelServer) -> Death:
    time.sleep(0.5)  # what it sent before it died is read by now
    stored, left = set(), set()
    with tenant_scope(client.tenant.pk):
        calls = Call.objects.filter(kind="model").select_related("step", "run")
        for call in calls.order_by("id"):
            earlier = calls.filter(run=call.run, pk__lt=call.pk).count()
            (stored if call.status == "done" else left).add((call.run.input["subject"], earlier))
    return Death(_asked(model), stored, left)


def _approve_all(client: Client) -> None:
    with tenant_scope(client.tenant.pk):
        for item in ReviewItem.objects.filter(status="waiting", kind="proposal"):
            decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())


def _ended(client: Client) -> int:
    with tenant_scope(client.tenant.pk):
        return Run.objects.filter(status="done").count()


def test_an_agent_goes_on_wherever_its_worker_is_killed(tmp_path: Path) -> None:
    """D1 for the agent step: two turns, a read and a refund, killed at every seam."""
    with HttpSink(body=found_order) as shop, ModelServer() as model:
        looks = Said(calls=(find(),), usage=Usage(uncached=700, answer=50))
        says(model, looks, Said("We refund.", (refund(),), usage=Usage(uncached=900, answer=70)))
        world = make_world(shop=shop.host)
        client = world.harbor
        deaths: list[Death] = []
        let_hold(table_with(deployments=[PRICED], rows=[{"use": [MODEL]}]), world.admin)
        with tenant_scope(client.tenant.pk):
            finder(admin_actor(world.admin), shop.host)
            workflow = make_workflow(
                text=agent_text(), owner=client.owner, actor=admin_actor(world.admin)
            )
            budget = set_one(unit="calls", most=1000)
        with processes(tmp_path, **model.environment) as run:
            for number, place in enumerate(PLACES):
                mark = tmp_path / place
                worker = run.worker(
                    module="tests.concurrency.crashing", CRASH_AT=place, CRASH_MARK=str(mark)
                )
                with tenant_scope(client.tenant.pk):
                    for each in range(EACH):
                        given = REQUEST | {"subject": f"Lamp number {EACH * number + each}!"}
                        start_run(workflow, input=given, trigger="api", actor=client.actor())

                def died(worker: Child = worker) -> bool:
                    return not worker.is_alive()

                wait_until(died, seconds=40, what=f"it died at {place}")
                assert mark.exists(), f"it ended, but not at {place}: {worker.tail()}"
                deaths.append(_left_behind(client, model))
            run.worker()

            def all_done() -> bool:
                _approve_all(client)
                return _ended(client) == TOTAL

            wait_until(all_done, seconds=60, what="every run has ended")
        _check_journal(client, shop)
        lost = _check_paid_once(deaths, _asked(model))
        most = sum(len(death.open) for death in deaths)
        _check_counted(client, budget, lost, most)


def _check_journal(client: Client, shop: HttpSink) -> None:
    with tenant_scope(client.tenant.pk):
        kinds = Counter(StepRun.objects.filter(name__contains=".").values_list("kind", flat=True))
        assert kinds == {"turn": 2 * TOTAL, "call": TOTAL, "act": TOTAL}
        assert Counter(Call.objects.values_list("kind", "status")) == {
            ("model", "done"): 2 * TOTAL,
            ("tool", "done"): 2 * TOTAL,
        }
    refunds = [one for one in shop.effects if one["path"] == "/refunds"]
    assert len(refunds) == len({one["key"] for one in refunds}) == TOTAL


def _check_paid_once(deaths: list[Death], asked: Counter[Asked]) -> int:
    """A turn is asked once, and once more for each worker that died between request and answer.

    Returns how many requests were lost so.
    """
    assert len(asked) == 2 * TOTAL
    lost: Counter[Asked] = Counter()
    before: Counter[Asked] = Counter()
    for death in deaths:
        sent = death.asked - before
        assert sent <= Counter(dict.fromkeys(sent, 1)), "one worker asked it twice"
        lost += Counter(dict.fromkeys(sent.keys() - death.stored, 1))
        for turn in death.stored:
            assert asked[turn] == death.asked[turn], f"{turn} was answered, and is asked again"
        before = death.asked
    assert lost.total() > 0, "no worker died before it had stored an answer"
    assert asked == Counter(dict.fromkeys(asked, 1)) + lost
    return lost.total()


def _check_counted(client: Client, budget: Budget, lost: int, most: int) -> None:
    """Each turn is in the journal with the tokens of one answer; a budget counts lost tries too.

    ``most``: a worker may have died before it asked, which nobody knows afterwards.
    """
    with tenant_scope(client.tenant.pk):
        calls = Call.objects.filter(kind="model")
        each = calls.values_list("tokens_in", "tokens_out", "cost_micros")
        assert Counter(each) == {(700, 50, 800): TOTAL, (900, 70, 1040): TOTAL}
        assert set(Counter(calls.values_list("run_id", flat=True)).values()) == {2}
        [(spent, reserved)] = amounts(budget)
        assert 2 * TOTAL + lost <= spent <= 2 * TOTAL + most
        assert reserved == 0
