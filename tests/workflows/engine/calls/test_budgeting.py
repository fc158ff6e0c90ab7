"""A model call takes what it may cost out of every budget before it is made."""

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
    DOLLAR,
    amounts,
    provider_amounts,
    set_for_provider,
    set_one,
)
from tests.workflows.engine.calls.test_routes import ONLY_DRAFT, sees_all
from tests.workflows.handoff_kit import runs, use
from tests.workflows.routing.routing_kit import QUICK, STRONG, TABLE, let_hold, table_with
from tests.world import DEFINITION
from workflows import topics
from workflows.budgets.estimates import ceiling_of
from workflows.gateway.usage import Usage
from workflows.models import BudgetPeriod, Call, Circuit, Run
from workflows.routing.table import read_table
from workflows.waiting.selectors import reasons_of_runs


@pytest.fixture
def priced(lane: Lane) -> Lane:
    """A lane whose models have prices."""
    let_hold(sees_all(TABLE), lane.world.admin)
    return lane


def only_call() -> Call:
    return Call.objects.get(kind="model")


def ceiling(call: Call) -> int:
    """The most that a call could cost."""
    price = read_table(sees_all(TABLE)).deployments[call.name].price
    assert price is not None
    most = ceiling_of(call.request, price).micros
    assert most is not None
    return most


def test_what_a_call_cost_is_spent_and_nothing_stays_reserved(priced: Lane) -> None:
    budget = set_one()
    priced.start()
    call = only_call()
    assert call.cost_micros
    assert amounts(budget) == [(call.cost_micros, 0)]


def test_a_call_reserves_the_most_that_it_may_cost(priced: Lane) -> None:
    budget = set_one()
    priced.start()
    call = only_call()
    assert call.reserved is not None
    assert [one["amount"] for one in call.reserved] == [ceiling(call)]
    assert ceiling(call) > (call.cost_micros or 0)
    assert len(amounts(budget)) == 1


def test_without_budgets_nothing_is_kept(priced: Lane) -> None:
    priced.start()
    assert only_call().reserved is None
    assert not BudgetPeriod.objects.exists()


def test_a_call_beyond_a_budget_is_not_made_and_a_person_has_it(priced: Lane) -> None:
    budget = set_one(most=10)
    priced.start()
    call = only_call()
    assert (call.status, call.cost_micros, call.response) == ("failed", 0, None)
    assert "The budget of $0.000010 a month does not allow it" in call.problem
    raised = priced.exception()
    assert raised.draft["cause"] == "budget"
    assert raised.title.startswith("Refund replies: The draft could not be written. The budget of")
    assert amounts(budget) == [(0, 0)]


def test_once_it_is_raised_the_person_has_it_tried_again(priced: Lane) -> None:
    budget = set_one(most=10)
    priced.start()
    type(budget).objects.update(most=DOLLAR)
    priced.resolve("retry")
    assert priced.item().status == "waiting"
    assert amounts(budget)[0][0] > 0


@pytest.mark.parametrize("unit", ["tokens", "calls"])
def test_tokens_and_calls_are_counted_too(priced: Lane, unit: str) -> None:
    budget = set_one(unit=unit, most=100_000)
    priced.start()
    call = only_call()
    spent = {"tokens": call.tokens_in + call.tokens_out, "calls": 1}[unit]
    assert amounts(budget) == [(spent, 0)]


def test_each_run_has_its_own_amounts(priced: Lane) -> None:
    budget = set_one(period="run", unit="calls", most=1)
    priced.start()
    priced.start(order_id="10413", subject="Another")
    assert amounts(budget) == [(1, 0), (1, 0)]


def test_of_several_budgets_none_keeps_what_another_refuses(priced: Lane) -> None:
    wide, narrow = set_one(), set_one(unit="calls", most=0, workflow=priced.workflow)
    everybody = set_for_provider()
    priced.start()
    assert (amounts(wide), amounts(narrow)) == ([(0, 0)], [(0, 0)])
    assert provider_amounts(everybody) == [(0, 0)]
    assert "workflow's budget" in only_call().problem


def test_another_workflows_budget_does_not_hold(priced: Lane) -> None:
    set_one(unit="calls", most=0, workflow=priced.workflow)
    priced.use(ONLY_DRAFT)
    priced.start()
    assert only_call().status == "done"


def test_the_providers_budget_says_no_amounts_to_the_client(priced: Lane) -> None:
    set_for_provider(most=10)
    priced.start()
    raised = priced.exception()
    assert raised.draft["cause"] == "provider_budget"
    assert "$" not in raised.title + only_call().problem
    assert "$0.0000" in raised.evidence["details"] or "$" in str(raised.evidence)


def test_a_call_that_waits_for_its_budget_goes_on_in_the_next_period(priced: Lane) -> None:
    set_one(period="day", unit="calls", most=1, then="queue")
    priced.start()
    priced.start(order_id="10413", subject="Another")
    second = Call.objects.filter(kind="model").latest("id")
    assert second.status == "intended"
    assert "budget of 1 call a day" in second.problem
    (reason,) = reasons_of_runs([second.run])[second.run_id]
    assert reason.why.startswith("Waits for a budget. The budget of 1 call a day")
    due = Outbox.objects.get(object_id=second.pk).due_at
    assert due - clock.now() == timedelta(minutes=5)
    priced.pass_time(days=1)
    second.refresh_from_db()
    assert (second.status, second.problem) == ("done", "")


def test_a_call_that_never_fits_does_not_wait_for_ever(priced: Lane) -> None:
    set_one(period="day", unit="tokens", most=1, then="queue")
    priced.start()
    assert priced.exception().draft["cause"] == "budget"


def test_easy_calls_from_which_nothing_follows_ask_a_cheaper_model(priced: Lane) -> None:
    let_hold(sees_all(table_with(rows=[{"use": [STRONG, QUICK]}])), priced.world.admin)
    priced.use(ONLY_DRAFT)
    run = priced.start()
    dear = ceiling(Call.objects.get(run=run))
    budget = set_one(most=dear // 2, then="cheaper")
    priced.start(subject="Another")
    refused, made = Call.objects.filter(kind="model").exclude(run=run).order_by("id")
    assert (refused.name, refused.status, refused.cost_micros) == (STRONG, "failed", 0)
    assert (made.name, made.status) == (QUICK, "done")
    assert made.choice["too_dear"] == [STRONG]
    assert "it may take more than is left of the budget" in made.why
    assert amounts(budget) == [(made.cost_micros, 0)]


def test_a_call_that_leads_to_a_refund_is_never_downgraded(priced: Lane) -> None:
    let_hold(sees_all(table_with(rows=[{"use": [STRONG, QUICK]}])), priced.world.admin)
    priced.start()
    dear = ceiling(only_call())
    set_one(most=dear // 2, then="cheaper")
    priced.start(order_id="10413", subject="Another")
    assert list(Call.objects.filter(kind="model").values_list("name", flat=True)) == [STRONG] * 2
    assert priced.exception().draft["cause"] == "budget"


def test_an_unknown_price_is_refused_where_a_budget_counts_money(lane: Lane) -> None:
    budget = set_one()
    with ModelServer() as model, model.in_environment():
        lane.workflow.model = MODEL
        lane.workflow.save()
        lane.start()
        assert model.requests == []
        assert "What openai/scripted costs is not known" in only_call().problem
        assert amounts(budget) == [(0, 0)]


def test_an_unknown_price_counts_as_what_was_set_for_it(lane: Lane) -> None:
    budget = set_one()
    Tenant.objects.filter(pk=lane.client.tenant.pk).update(unpriced_call_micros=20_000)
    with ModelServer() as model, model.in_environment():
        lane.workflow.model = MODEL
        lane.workflow.save()
        lane.start()
    assert only_call().cost_micros is None
    assert amounts(budget) == [(20_000, 0)]


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


def stop_in_the_middle(call: Call, most: int) -> None:
    """Leave a call as a worker that stopped leaves it: reserved, claimed once, and not settled."""
    Call.objects.filter(pk=call.pk).update(status="intended", cost_micros=0, response=None)
    Run.objects.filter(pk=call.run_id).update(status="running")
    BudgetPeriod.objects.update(spent=0, reserved=most)
    call.step.status = "running"
    call.step.save()
    outbox.enqueue("call.make", call.pk, claims=1)


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
