"""A model call takes what it may cost out of every budget before it is made."""

from datetime import timedelta

import pytest

from audit.models import Outbox
from tenants import clock
from tenants.models import Tenant
from tests.fakes.model import MODEL, ModelServer
from tests.lanes import Lane
from tests.workflows.budgets.budgets_kit import (
    DOLLAR,
    amounts,
    provider_amounts,
    set_for_provider,
    set_one,
)
from tests.workflows.engine.calls.budgeting_kit import ceiling, only_call
from tests.workflows.engine.calls.routes_kit import ONLY_DRAFT, sees_all
from tests.workflows.routing.routing_kit import QUICK, STRONG, let_hold, table_with
from workflows.models import BudgetPeriod, Call
from workflows.waiting.selectors import reasons_of_runs


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
