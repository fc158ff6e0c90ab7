"""Reservations hold in all budgets or in none, and people are told once a period."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import connection

from audit.models import Outbox
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.workflows.budgets.budgets_kit import amounts, provider_amounts, set_for_provider, set_one
from tests.world import DEFINITION, REQUEST, World, make_world
from workflows.budgets import reservations
from workflows.budgets.estimates import Ceiling
from workflows.budgets.reservations import Reservation
from workflows.models import BudgetPeriod
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[World]:
    made = make_world()
    with tenant_scope(made.harbor.tenant.pk):
        yield made


def take(world: World, micros: int | None, *, run: UUID | None = None) -> Reservation:
    tenant = Tenant.objects.get(pk=world.harbor.tenant.pk)
    return reservations.reserve(
        tenant,
        run_id=run or uuid7(),
        workflow_id=world.harbor.workflow.pk,
        ceiling=Ceiling(micros, 100),
    )


def told() -> list[str]:
    return list(Outbox.objects.filter(topic__startswith="budget.").values_list("topic", flat=True))


def test_the_last_millionth_fits_and_the_next_does_not(world: World) -> None:
    budget = set_one(most=100, warn_at=0)
    assert take(world, 60).refusal is None
    assert take(world, 40).refusal is None
    refused = take(world, 1).refusal
    assert refused is not None
    assert (refused.spent, refused.reserved, refused.asked) == (0, 100, 1)
    assert refused.may_fit_soon  # if the others cost less than they may
    assert amounts(budget) == [(0, 100)]


def test_a_free_call_fits_into_a_budget_that_is_used_up(world: World) -> None:
    set_one(most=0)
    assert take(world, 0).refusal is None


def test_the_narrowest_refusal_is_the_one_that_is_said(world: World) -> None:
    set_for_provider(most=1)
    set_one(most=1)
    set_one(most=1, workflow=world.harbor.workflow)
    refused = take(world, 2).refusal
    assert refused is not None
    assert (refused.of_workflow, refused.is_over_all) == (True, False)


def test_an_unknown_price_counts_no_less_than_was_set(world: World) -> None:
    budget = set_one()
    refused = take(world, None).refusal
    assert refused is not None
    assert refused.asked is None
    Tenant.objects.filter(pk=world.harbor.tenant.pk).update(unpriced_call_micros=7)
    assert take(world, None).kept == [
        {
            "id": str(BudgetPeriod.objects.get(budget=budget).pk),
            "unit": "money",
            "amount": 7,
            "house": False,
        }
    ]


def test_an_unknown_price_does_not_matter_to_tokens_and_calls(world: World) -> None:
    set_one(unit="tokens", most=1_000)
    set_one(unit="calls", most=1_000)
    assert take(world, None).refusal is None


def test_people_are_told_once_near_the_end_and_once_at_it(world: World) -> None:
    budget = set_one(most=100, warn_at=80)
    take(world, 79)
    assert told() == []
    take(world, 1)
    take(world, 1)
    assert told() == ["budget.told"]
    take(world, 50)  # may fit, once the others have cost less
    assert told() == ["budget.told"]
    BudgetPeriod.objects.filter(budget=budget).update(spent=81, reserved=0)
    take(world, 50)
    take(world, 50)
    assert told() == ["budget.told"] * 2
    assert BudgetPeriod.objects.get(budget=budget).told == "stopped"


def test_nobody_is_told_of_each_run(world: World) -> None:
    set_one(most=100, period="run", warn_at=80)
    harbor = world.harbor
    run, _ = start_run(harbor.workflow, input=REQUEST, trigger="api", actor=harbor.actor())
    take(world, 90, run=run.pk)
    BudgetPeriod.objects.update(spent=90, reserved=0)
    assert take(world, 90, run=run.pk).refusal is not None
    assert told() == []


def test_the_providers_people_are_told_of_the_providers_budget(world: World) -> None:
    set_for_provider(most=100, warn_at=1)
    take(world, 50)
    assert told() == ["budget.provider_told"]


def test_two_clients_share_the_providers_budget_and_nothing_else(world: World) -> None:
    everybody, own = set_for_provider(most=100, warn_at=0), set_one(most=60, warn_at=0)
    assert take(world, 60).refusal is None
    quill = world.quill
    with tenant_scope(quill.tenant.pk):
        refused = reservations.reserve(
            quill.tenant, run_id=uuid7(), workflow_id=quill.workflow.pk, ceiling=Ceiling(41, 1)
        ).refusal
        assert refused is not None
        assert refused.is_over_all
    assert provider_amounts(everybody) == [(0, 60)]
    assert amounts(own) == [(0, 60)]


def test_what_a_stopped_worker_kept_counts_as_spent(world: World) -> None:
    budget = set_one(most=100, warn_at=0)
    tenant = world.harbor.tenant
    first = take(world, 60).kept
    where = {"run_id": uuid7(), "workflow_id": world.harbor.workflow.pk}
    again = reservations.reserve(tenant, **where, ceiling=Ceiling(40, 1), lost=first)
    assert again.refusal is None
    assert amounts(budget) == [(60, 40)]
    refused = reservations.reserve(tenant, **where, ceiling=Ceiling(40, 1), lost=again.kept)
    assert refused.refusal is not None
    assert not refused.refusal.may_fit_soon
    assert amounts(budget) == [(100, 0)]


def test_a_reservation_reads_few_rows_however_many_periods_there_were(world: World) -> None:
    """The budget of each run has a row for every run there ever was."""
    budget = set_one(unit="calls", most=1_000, period="day")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_budgetperiod"
            " (id, tenant_id, budget_id, starts_on, spent, reserved, told)"
            " SELECT uuidv7(), %s, %s, date '1900-01-01' + n, 0, 0, ''"
            " FROM generate_series(1, 40000) AS n",
            [budget.tenant_id, budget.pk],
        )
        cursor.execute("DISCARD PLANS")  # made while there were none
    before = rows_read()
    take(world, 1)
    take(world, 1)
    assert rows_read() - before < 100


def rows_read() -> int:
    """How many rows of periods this transaction has read so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables "
            "WHERE relname = 'workflows_budgetperiod'"
        )
        return int(cursor.fetchone()[0])


def test_runs_that_are_handed_over_to_share_the_budget_of_the_first(world: World) -> None:
    """A workflow that hands over for each item of a list would have a budget for each item."""
    harbor = world.harbor
    own, _ = start_run(harbor.workflow, input=REQUEST, trigger="api", actor=harbor.actor())
    other = make_workflow(
        text=DEFINITION.replace("refund-replies", "other"),
        owner=harbor.owner,
        actor=world.staff(harbor),
    )
    child, _ = start_run(other, input=REQUEST, trigger="api", actor=harbor.actor())
    of_all = set_one(period="run", most=100)
    of_first = set_one(period="run", most=100, workflow=harbor.workflow)
    of_other = set_one(period="run", most=100, workflow=other)
    monthly = set_one(period="month", most=100, workflow=harbor.workflow)

    def take_as_child(micros: int) -> Reservation:
        return reservations.reserve(
            Tenant.objects.get(pk=harbor.tenant.pk),
            run_id=child.pk,
            workflow_id=other.pk,
            ceiling=Ceiling(micros, 1),
            parents=[(own.pk, harbor.workflow.pk)],
        )

    assert take(world, 30, run=own.pk).refusal is None
    assert take_as_child(40).refusal is None
    refused = take_as_child(31).refusal
    assert refused is not None
    assert (refused.period, refused.reserved, refused.asked) == ("run", 70, 31)
    assert [amounts(one) for one in (of_all, of_first, of_other, monthly)] == [
        [(0, 70)],
        [(0, 70)],
        [(0, 40)],
        [(0, 30)],  # the other workflow has budgets of its own for that
    ]
