"""Each part of a lane stays within its statements and its work: a slower lane is seen at once.

A part that needs more says so here, with its reason in the commit.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.decisions.services import Choice, decide
from audit import outbox
from audit.models import Outbox
from tests.instructions import instructions, same_python
from tests.lanes import Lane
from tests.workflows.budgets.budgets_kit import set_for_provider, set_one
from tests.workflows.engine.calls.routes_kit import sees_all
from tests.workflows.routing.routing_kit import TABLE, let_hold
from tests.world import REQUEST
from workflows.models import BudgetPeriod
from workflows.services.runs import start_run

pytestmark = [pytest.mark.django_db, same_python]

SLACK = 1.1
LANES = 3  # before one is counted: definitions, expressions, prepared statements

# Each part: its statements, BEGIN and the like left out, and its thousands of instructions.
# What is written first is sent with the statements of the part after it.
COSTS: dict[str, tuple[int, int]] = {
    "start": (0, 3),
    "draft": (8, 154),
    "approve": (2, 53),
    "carry out": (9, 131),
}


type Measure = Callable[[Callable[[], Any]], int]


def run_lane(lane: Lane, measure: Measure) -> dict[str, int]:
    """Run a lane from its request to its effects; what each part measures."""
    actor = lane.client.actor()

    def start() -> None:
        start_run(lane.workflow, input=REQUEST, trigger="api", actor=actor)

    def approve() -> None:
        decide(item.pk, Choice("accept", content_hash=item.content_hash), actor=actor)

    found = {"start": measure(start), "draft": _work(measure)}
    item = lane.item()
    return found | {"approve": measure(approve), "carry out": _work(measure)}


def _work(measure: Measure) -> int:
    """Do what is ready, row by row as a worker does it."""
    total = 0
    while row := Outbox.objects.filter(ready=True, lease_until=None).order_by("id").first():
        total += measure(partial(outbox.handle, row.pk))
    return total


def statements(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as asked:
        work()
    return sum("SAVEPOINT" not in one["sql"] for one in asked.captured_queries)


def test_each_part_of_a_lane_stays_within_its_statements_and_its_work(lane: Lane) -> None:
    for _ in range(LANES):
        run_lane(lane, statements)
    asked, done = run_lane(lane, statements), run_lane(lane, instructions)
    assert len(lane.post.messages) == len(lane.shop.effects_by_key) == LANES + 2
    found = {part: (asked[part], round(done[part] / 1000)) for part in asked}
    over = {
        part: f"{cost} where {COSTS.get(part)} was said"
        for part, cost in found.items()
        if part not in COSTS or cost[0] > COSTS[part][0] or cost[1] > COSTS[part][1] * SLACK
    }
    assert over == {}, found


def test_budgets_cost_a_call_one_statement(lane: Lane) -> None:
    """It is in the intent's transaction; settling is part of the journal's own statement."""
    let_hold(sees_all(TABLE), lane.world.admin)  # whose models have prices
    for _ in range(LANES):
        run_lane(lane, statements)
    without = run_lane(lane, statements)
    set_one(most=50_000_000)
    set_one(most=50_000_000, workflow=lane.workflow)
    set_one(unit="calls", period="run", most=50)
    set_for_provider(most=50_000_000)
    for _ in range(LANES):
        run_lane(lane, statements)
    with_budgets = run_lane(lane, statements)
    assert with_budgets == without | {"draft": without["draft"] + 1}
    assert BudgetPeriod.objects.filter(spent=0).count() == 0
