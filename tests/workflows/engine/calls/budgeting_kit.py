"""Budgeted calls, for the tests of what they take and what is refused."""

from audit import outbox
from tests.workflows.engine.calls.routes_kit import sees_all
from tests.workflows.routing.routing_kit import TABLE
from workflows.budgets.estimates import ceiling_of
from workflows.models import BudgetPeriod, Call, Run
from workflows.routing.table import read_table


def only_call() -> Call:
    return Call.objects.get(kind="model")


def ceiling(call: Call) -> int:
    """The most that a call could cost."""
    price = read_table(sees_all(TABLE)).deployments[call.name].price
    assert price is not None
    most = ceiling_of(call.request, price).micros
    assert most is not None
    return most


def stop_in_the_middle(call: Call, most: int) -> None:
    """Leave a call as a worker that stopped leaves it: reserved, claimed once, and not settled."""
    Call.objects.filter(pk=call.pk).update(status="intended", cost_micros=0, response=None)
    Run.objects.filter(pk=call.run_id).update(status="running")
    BudgetPeriod.objects.update(spent=0, reserved=most)
    call.step.status = "running"
    call.step.save()
    outbox.enqueue("call.make", call.pk, claims=1)
