"""What budgets have left is read in two queries, of the present period alone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.test.utils import CaptureQueriesContext

from tenants import clock
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.workflows.budgets.budgets_kit import set_for_provider, set_one
from tests.world import World, make_world
from workflows.budgets.selectors import (
    BudgetLine,
    budget_lines,
    provider_budget_lines,
)
from workflows.models import BudgetPeriod, ProviderBudgetPeriod

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[World]:
    with clock.at(NIGHT):
        made = make_world()
        with tenant_scope(made.harbor.tenant.pk):
            yield made


def test_only_the_present_period_counts(world: World) -> None:
    budget = set_one(most=100)
    BudgetPeriod.objects.create(budget=budget, starts_on=date(2026, 10, 1), spent=99)
    BudgetPeriod.objects.create(budget=budget, starts_on=date(2026, 11, 1), spent=30, reserved=5)
    (line,) = budget_lines(world.harbor.tenant)
    assert (line.spent, line.reserved, line.left, line.percent) == (30, 5, 65, 35)
    assert line.ends_on == date(2026, 12, 1)


def test_the_day_is_that_of_the_clients_zone(world: World) -> None:
    tenant = Tenant.objects.get(pk=world.harbor.tenant.pk)
    tenant.timezone = "Europe/Berlin"
    set_one(period="day")
    (line,) = budget_lines(tenant)
    assert line.ends_on == date(2026, 12, 2)


def test_the_whole_client_comes_first_and_runs_have_no_amounts(
    world: World, django_assert_num_queries: type[CaptureQueriesContext]
) -> None:
    set_one(workflow=world.harbor.workflow)
    set_one(period="run", unit="calls", most=3)
    with django_assert_num_queries(2):  # type: ignore[call-arg]
        lines = budget_lines(world.harbor.tenant)
    assert [line.budget.period for line in lines] == ["run", "month"]
    assert (lines[0].ends_on, lines[0].state) == (None, "")


@pytest.mark.parametrize(
    ("spent", "most", "warn_at", "state", "percent"),
    [
        (0, 100, 80, "", 0),
        (80, 100, 80, "nearly used up", 80),
        (80, 100, 0, "", 80),
        (100, 100, 80, "used up", 100),
        (130, 100, 80, "used up", 100),
        (0, 0, 80, "used up", 100),
    ],
)
def test_states(
    world: World, spent: int, most: int, warn_at: int, state: str, percent: int
) -> None:
    line = BudgetLine(set_one(most=most, warn_at=warn_at), spent, 0, date(2026, 12, 1))
    assert (line.state, line.percent) == (state, percent)


def test_the_provider_sees_its_own(world: World) -> None:
    everybody = set_for_provider(most=10)
    ProviderBudgetPeriod.objects.create(budget=everybody, starts_on=date(2026, 11, 1), spent=4)
    (line,) = provider_budget_lines()
    assert (line.spent, line.left) == (4, 6)
