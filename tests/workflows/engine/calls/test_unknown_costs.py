"""A budget counts what is not known as the most that it may be, and keeps nothing for ever."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from unittest import mock

import pytest

from audit import outbox
from audit.jobs import Job
from audit.models import Outbox
from audit.worker import completion, loop
from tenants import clock
from tenants.models import Tenant
from tests.fakes.model import MODEL, ModelServer, Reply
from tests.fakes.said import Said
from tests.lanes import Lane
from tests.workflows.budgets.budgets_kit import (
    amounts,
    set_one,
)
from tests.workflows.engine.calls.budgeting_kit import ceiling, only_call, stop_in_the_middle
from tests.workflows.handoff_kit import runs, use
from tests.workflows.routing.routing_kit import QUICK, STRONG, let_hold, table_with
from tests.world import DEFINITION
from workflows import topics
from workflows.gateway.usage import Usage
from workflows.models import BudgetPeriod, Call, Circuit, Run


def test_a_call_whose_cost_is_not_known_takes_the_most_that_it_may_cost(lane: Lane) -> None:
    deployment = {
        "name": MODEL,
        "title": "the scripted model",
        "sees": "personal",
        "price_in": 1,
        "price_out": 2,
    }
    let_hold(table_with(deployments=[deployment], rows=[{"use": [MODEL]}]), lane.world.admin)
    budget = set_one()
    with ModelServer([None]) as model, model.in_environment():  # drops the connection
        lane.start()
        for _ in range(6):
            lane.pass_time(seconds=40)
    calls = Call.objects.filter(kind="model")
    assert {call.cost_micros for call in calls} == {None}
    kept = sum(one["amount"] for call in calls for one in call.reserved or ())
    assert amounts(budget) == [(kept, 0)]
    assert kept > 0


def test_a_refused_call_costs_no_money(lane: Lane) -> None:
    deployment = {"name": MODEL, "title": "it", "sees": "personal", "price_in": 1, "price_out": 2}
    let_hold(table_with(deployments=[deployment], rows=[{"use": [MODEL]}]), lane.world.admin)
    budget, calls = set_one(), set_one(unit="calls", most=100)
    with ModelServer([Reply(401, "bad key")]) as model, model.in_environment():
        lane.start()
        assert len(model.requests) == 1
    assert amounts(budget) == [(0, 0)]
    assert amounts(calls)[0][1] == 0


def test_a_worker_that_stopped_in_the_middle_counts_twice(priced: Lane) -> None:
    budget = set_one()
    priced.start()
    call = only_call()
    most = ceiling(call)
    stop_in_the_middle(call, most)
    outbox.drain()
    call.refresh_from_db()
    assert call.status == "done"
    assert amounts(budget) == [(most + (call.cost_micros or 0), 0)]


def test_a_call_that_waits_for_its_circuit_keeps_nothing_from_a_budget(priced: Lane) -> None:
    budget = set_one()
    priced.start()
    call = only_call()
    most, now = ceiling(call), clock.now()
    stop_in_the_middle(call, most)
    opened = Circuit.objects.create(
        kind="model", name=call.name, failures=6, failed_at=now, opens=9, opened_at=now
    )
    outbox.drain()
    for _ in range(3):  # it asks again, and was claimed more than once each time
        Outbox.objects.filter(object_id=call.pk).update(due_at=clock.now())
        outbox.drain()
    assert amounts(budget) == [(most, 0)]  # what the stopped worker's try may cost, and no more
    opened.delete()
    Outbox.objects.filter(object_id=call.pk).update(due_at=clock.now())
    outbox.drain()
    call.refresh_from_db()
    assert amounts(budget) == [(most + (call.cost_micros or 0), 0)]


def test_a_refused_call_leaves_the_circuits_probe_to_others(priced: Lane) -> None:
    priced.start()
    call, now = only_call(), clock.now()
    set_one(most=10)
    Circuit.objects.create(
        kind="model", name=call.name, failures=6, failed_at=now, opens=1, opened_at=now
    )
    priced.start(order_id="10413", subject="Another")
    priced.pass_time(minutes=1)  # half open
    assert priced.exception().draft["cause"] == "budget"
    assert Circuit.objects.get().probe_at is None


def test_a_parked_call_counts_as_the_most_that_it_may_cost(
    priced: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = set_one()

    def broken(*_: Any) -> None:
        raise RuntimeError("It can't be stored.")

    monkeypatch.setattr(topics.jobs, "_answer_writer", broken)
    priced.start()
    for _ in range(3):
        priced.pass_time(minutes=1)
    call = only_call()
    assert (call.status, call.run.status) == ("lost", "failed")
    assert amounts(budget) == [(3 * ceiling(call), 0)]  # it was asked three times


def test_an_answer_that_is_counted_by_half_takes_the_most_tokens(lane: Lane) -> None:
    budget = set_one(unit="tokens", most=100_000)
    said = Said('{"reply": "Hello."}', usage=Usage(uncached=7))
    with ModelServer([said]) as model, model.in_environment():
        lane.workflow.model = MODEL
        lane.workflow.save()
        lane.start()
    call = Call.objects.filter(kind="model").earliest("id")
    assert (call.tokens_in, call.tokens_out, call.cost_micros) == (7, 0, None)
    calls = Call.objects.filter(kind="model")  # it is asked again, as it does not fit
    kept = sum(one["amount"] for each in calls for one in each.reserved or ())
    assert amounts(budget) == [(kept, 0)]


def test_the_month_is_that_of_the_clients_zone(priced: Lane) -> None:
    Tenant.objects.filter(pk=priced.client.tenant.pk).update(timezone="Pacific/Auckland")
    set_one()
    priced.pass_time(days=13)  # noon of 30 November in London
    priced.start()
    assert BudgetPeriod.objects.get().starts_on == date(2026, 12, 1)


def test_a_call_that_waits_for_a_dead_model_keeps_no_budget_from_others(lane: Lane) -> None:
    deployment = {"name": MODEL, "title": "it", "sees": "personal", "price_in": 1, "price_out": 2}
    let_hold(table_with(deployments=[deployment], rows=[{"use": [MODEL]}]), lane.world.admin)
    budget = set_one()
    with ModelServer([Reply(503, "overloaded")]) as model, model.in_environment():
        for _ in range(3):
            lane.start()
        waiting = Call.objects.filter(kind="model", status="intended")
        assert waiting.count() == 3
        assert amounts(budget)[-1][1] == 0


def test_a_definitions_cheaper_model_is_not_asked_where_a_person_is_to_be(priced: Lane) -> None:
    other = "    on_failure: [{model: offline/quick}]\n    generate:"
    text = DEFINITION.replace("refund-replies", "with-fallback").replace("    generate:", other, 1)
    priced.use(text)
    set_one(most=5_000)
    priced.start()
    (call,) = Call.objects.filter(kind="model")
    assert (call.name, call.status) == (STRONG, "failed")
    assert priced.exception().draft["cause"] == "budget"


def test_the_budget_of_each_run_holds_for_the_runs_it_hands_over_to(lane: Lane) -> None:
    of_all = set_one(unit="calls", period="run", most=5)
    top = use(lane)
    of_top = set_one(unit="calls", period="run", most=0, workflow=top)
    lane.start()
    assert runs(lane).keys() == {"top", "part"}
    periods = BudgetPeriod.objects.order_by("id")
    assert {(one.budget_id, one.run_id) for one in periods} == {
        (of_all.pk, runs(lane)["top"].pk),
        (of_top.pk, runs(lane)["top"].pk),
    }
    assert "The workflow's budget of 0 calls a run does not allow it" in only_call().problem


def worker_stops(lane: Lane, *, before: bool, then: Callable[[], object]) -> None:
    """A worker stops when its call is reserved: ``before`` it asks the model, or in the middle."""

    def stop(job: Job) -> None:
        if before:
            completion.release(job.claim)
        then()

    with mock.patch.object(loop, "carry_out", side_effect=stop):
        lane.start()
    lane.pass_time(minutes=2)  # its lease has ended


def pause() -> None:
    Run.objects.update(paused_at=clock.now())


def open_circuits() -> None:
    for name in (QUICK, STRONG):
        Circuit.objects.create(
            kind="model",
            name=name,
            failed_at=clock.now(),
            rest_until=clock.now() + timedelta(hours=1),
        )


@pytest.mark.parametrize("wait", [pause, open_circuits])
def test_a_call_that_was_not_begun_keeps_no_budget_while_it_waits(
    priced: Lane, wait: Callable[[], object]
) -> None:
    """Others would look each two seconds whether it has taken what it keeps."""
    budget = set_one()
    worker_stops(priced, before=True, then=wait)
    assert (only_call().status, only_call().reserved) == ("intended", None)
    assert amounts(budget) == [(0, 0)]
    Run.objects.update(paused_at=None)
    priced.pass_time(hours=1)
    assert amounts(budget) == [(only_call().cost_micros, 0)]


def test_a_call_that_may_have_been_made_counts_as_much_as_it_may_cost_while_it_waits(
    priced: Lane,
) -> None:
    budget = set_one()
    worker_stops(priced, before=False, then=pause)
    assert (only_call().status, only_call().reserved) == ("intended", None)
    assert amounts(budget) == [(ceiling(only_call()), 0)]
    Run.objects.update(paused_at=None)
    priced.pass_time(hours=1)
    call = only_call()
    assert call.cost_micros is not None
    assert amounts(budget) == [(ceiling(call) + call.cost_micros, 0)]


def test_a_call_that_may_have_been_made_and_may_be_no_more_did_not_cost_nothing(
    priced: Lane,
) -> None:
    budget = set_one()

    def bar() -> None:
        Tenant.objects.filter(pk=priced.client.tenant.pk).update(model_names=["another"])

    worker_stops(priced, before=False, then=bar)
    call = only_call()
    assert (call.status, call.cost_micros) == ("failed", None)
    assert amounts(budget) == [(ceiling(call), 0)]
