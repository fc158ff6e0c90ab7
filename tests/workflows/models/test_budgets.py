"""The database itself refuses odd budgets, and keeps one row a period."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from tests.lanes import Lane
from tests.workflows.budgets.budgets_kit import set_for_provider, set_one
from workflows.models import BudgetPeriod, ProviderBudgetPeriod


def test_a_budget_is_no_less_than_nothing(lane: Lane) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        set_one(most=-1)


def test_there_is_one_of_a_kind_and_one_row_a_period(lane: Lane) -> None:
    budget = set_one()
    with pytest.raises(IntegrityError), transaction.atomic():
        set_one()
    BudgetPeriod.objects.create(budget=budget, starts_on=date(2026, 11, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        BudgetPeriod.objects.create(budget=budget, starts_on=date(2026, 11, 1))


def test_what_was_counted_goes_with_the_budget(lane: Lane) -> None:
    budget, everybody = set_one(), set_for_provider()
    BudgetPeriod.objects.create(budget=budget, starts_on=date(2026, 11, 1))
    ProviderBudgetPeriod.objects.create(budget=everybody, starts_on=date(2026, 11, 1))
    budget.delete()
    everybody.delete()
    assert not BudgetPeriod.objects.exists()
    assert not ProviderBudgetPeriod.objects.exists()
