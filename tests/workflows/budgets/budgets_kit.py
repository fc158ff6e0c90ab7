"""Budgets for tests, and what they hold."""

from typing import Any

from tenants.models import Provider, Tenant
from workflows.models import Budget, BudgetPeriod, ProviderBudget, ProviderBudgetPeriod

DOLLAR = 1_000_000


def set_one(**terms: Any) -> Budget:
    """A budget of the client in the scope; a dollar a month, unless said otherwise."""
    terms = {"unit": "money", "period": "month", "most": DOLLAR, "set_by": "Olive"} | terms
    budget = Budget.objects.create(**terms)
    Tenant.objects.filter(pk=budget.tenant_id).update(is_budgeted=True)
    return budget


def set_for_provider(**terms: Any) -> ProviderBudget:
    """A budget of the provider over all clients."""
    terms = {"unit": "money", "period": "month", "most": DOLLAR, "set_by": "Ava"} | terms
    Provider.objects.update(is_budgeted=True)
    return ProviderBudget.objects.create(**terms)


def amounts(budget: Budget) -> list[tuple[int, int]]:
    """What is spent and reserved in each of its periods, oldest first."""
    rows = BudgetPeriod.objects.filter(budget=budget).order_by("starts_on", "id")
    return list(rows.values_list("spent", "reserved"))


def provider_amounts(budget: ProviderBudget) -> list[tuple[int, int]]:
    """What is spent and reserved in each of its periods, oldest first."""
    rows = ProviderBudgetPeriod.objects.filter(budget=budget).order_by("starts_on")
    return list(rows.values_list("spent", "reserved"))
