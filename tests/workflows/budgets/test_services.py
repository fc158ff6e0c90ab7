"""Budgets are set by whom they concern, and the record says what they were."""

from collections.abc import Iterator

import pytest

from audit.models import Event
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.ids import uuid7
from tenants.models import Provider, Tenant
from tenants.scope import tenant_scope
from tests.world import World, make_world
from workflows.budgets import services
from workflows.budgets.services import Terms
from workflows.budgets.terms import BudgetUnit, Period, Then
from workflows.models import Budget, BudgetPeriod, ProviderBudget

pytestmark = pytest.mark.django_db
MONTHLY = Terms(BudgetUnit.MONEY, Period.MONTH, 50_000_000)


@pytest.fixture
def world() -> Iterator[World]:
    made = make_world()
    with tenant_scope(made.harbor.tenant.pk):
        yield made


def is_budgeted(world: World) -> bool:
    return Tenant.objects.get(pk=world.harbor.tenant.pk).is_budgeted


def test_an_owner_sets_changes_and_removes_one(world: World) -> None:
    owner = world.harbor.actor()
    made = services.add_budget(MONTHLY, actor=owner)
    assert is_budgeted(world)
    BudgetPeriod.objects.create(budget=made, told="stopped", spent=5)
    more = Terms(BudgetUnit.MONEY, Period.MONTH, 60_000_000, 90, Then.QUEUE)
    services.change_budget(made.pk, more, actor=owner)
    changed = Budget.objects.get()
    assert (changed.most, changed.warn_at, changed.then) == (60_000_000, 90, "queue")
    assert BudgetPeriod.objects.values_list("told", "spent").get() == ("", 5)
    services.remove_budget(made.pk, actor=owner)
    assert not is_budgeted(world)
    events = Event.objects.filter(verb__startswith="budget.").order_by("id")
    assert [(e.verb, e.after or e.before) for e in events] == [
        (
            "budget.set",
            {"budget": "$50.00 a month", "whose": "everything", "then": "a person is asked"},
        ),
        (
            "budget.set",
            {
                "budget": "$60.00 a month",
                "whose": "everything",
                "then": "it waits for the next period",
            },
        ),
        (
            "budget.removed",
            {
                "budget": "$60.00 a month",
                "whose": "everything",
                "then": "it waits for the next period",
            },
        ),
    ]


def test_each_side_changes_what_it_set_alone(world: World) -> None:
    owner, staff = world.harbor.actor(), world.staff(world.harbor, world.admin)
    given = services.add_budget(MONTHLY, actor=staff)
    own = services.add_budget(MONTHLY, actor=owner)  # tighter or wider, both hold
    assert given.is_providers
    with pytest.raises(Forbidden, match="The provider set"):
        services.change_budget(given.pk, MONTHLY, actor=owner)
    with pytest.raises(Forbidden, match="The client set"):
        services.remove_budget(own.pk, actor=staff)


@pytest.mark.parametrize("role", ["approver", "viewer", "operator"])
def test_others_set_none(world: World, role: str) -> None:
    harbor = world.harbor
    actor = world.staff(harbor) if role == "operator" else harbor.actor(getattr(harbor, role))
    with pytest.raises(Forbidden):
        services.add_budget(MONTHLY, actor=actor)


def test_one_of_a_kind_is_enough(world: World) -> None:
    owner = world.harbor.actor()
    services.add_budget(MONTHLY, actor=owner)
    services.add_budget(MONTHLY, actor=owner, workflow=world.harbor.workflow)
    with pytest.raises(Conflict, match="already"):
        services.add_budget(MONTHLY, actor=owner)


def test_there_are_not_too_many(world: World) -> None:
    rows = [Budget(unit="calls", most=n, set_by="x", warn_at=n, period=f"p{n}") for n in range(30)]
    Budget.objects.bulk_create(rows)
    with pytest.raises(Conflict, match="30 budgets"):
        services.add_budget(MONTHLY, actor=world.harbor.actor())


@pytest.mark.parametrize(
    ("period", "most", "warn_at", "then"),
    [
        (Period.MONTH, -1, 80, Then.PERSON),
        (Period.MONTH, 10**16, 80, Then.PERSON),
        (Period.MONTH, 1, 101, Then.PERSON),
        (Period.RUN, 1, 80, Then.QUEUE),
    ],
)
def test_odd_terms_are_refused(period: Period, most: int, warn_at: int, then: Then) -> None:
    with pytest.raises(Invalid):
        Terms(BudgetUnit.CALLS, period, most, warn_at, then)


def test_one_that_is_not_there_is_missing(world: World) -> None:
    with pytest.raises(NotFound):
        services.remove_budget(uuid7(), actor=world.harbor.actor())


def test_what_an_unpriced_call_counts_for(world: World) -> None:
    tenant, owner = world.harbor.tenant, world.harbor.actor()
    services.set_unpriced(tenant, 20_000, actor=owner)
    assert Tenant.objects.get(pk=tenant.pk).unpriced_call_micros == 20_000
    with pytest.raises(Invalid):
        services.set_unpriced(tenant, 0, actor=owner)
    services.set_unpriced(tenant, None, actor=owner)
    assert Tenant.objects.get(pk=tenant.pk).unpriced_call_micros is None


def test_the_providers_admins_set_those_over_all_clients(world: World) -> None:
    made = services.add_provider_budget(MONTHLY, by=world.admin)
    assert Provider.objects.get().is_budgeted
    with pytest.raises(Forbidden):
        services.change_provider_budget(made.pk, MONTHLY, by=world.operator)
    less = Terms(BudgetUnit.MONEY, Period.MONTH, 1)
    services.change_provider_budget(made.pk, less, by=world.admin)
    assert ProviderBudget.objects.get().most == 1
    with pytest.raises(Conflict):
        services.add_provider_budget(MONTHLY, by=world.admin)
    with pytest.raises(Invalid):
        services.add_provider_budget(Terms(BudgetUnit.CALLS, Period.RUN, 1), by=world.admin)
    services.remove_provider_budget(made.pk, by=world.admin)
    assert not Provider.objects.get().is_budgeted
