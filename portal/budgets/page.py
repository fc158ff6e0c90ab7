"""Pages of budgets: each in words, with its form where the reader may change it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.budgets.forms import BudgetChangeForm, BudgetForm, UnpricedForm
from portal.budgets.words import BudgetWords, words_of
from tenants import access
from tenants.actors import Actor
from tenants.models import Tenant, User
from tenants.roles import Capability
from tenants.scope import person_scope
from workflows import selectors
from workflows.budgets.selectors import (
    BudgetLine,
    budget_lines,
    clients_lines,
    provider_budget_lines,
)
from workflows.models import Budget

MOST_WORKFLOWS, MOST_CLIENTS = 200, 200


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """Budget of a page: its amounts, its words, and its form where it may be changed."""

    line: BudgetLine
    words: BudgetWords
    form: BudgetChangeForm | None = None


def row_of(line: BudgetLine, *, may_change: bool = False) -> BudgetRow:
    """Return the row of a budget."""
    budget = line.budget
    form = BudgetChangeForm(budget=budget, auto_id=f"id_{budget.pk.hex}_%s") if may_change else None
    return BudgetRow(line, words_of(line), form)


def client_context(tenant: Tenant, actor: Actor) -> dict[str, Any]:
    """Return the context of a client's page; a view replaces a form that has errors."""
    may = access.may(actor, Capability.SET_BUDGETS)
    is_staff = actor.kind == "staff"
    return {
        "rows": [
            row_of(line, may_change=may and _is_own(line, is_staff=is_staff))
            for line in budget_lines(tenant)
        ],
        "may_set": may,
        "form": client_form() if may else None,
        "unpriced": tenant.unpriced_call_micros,
        "unpriced_form": unpriced_form(tenant) if may else None,
    }


def client_form(data: Any = None) -> BudgetForm:
    """Return the form of a client's new budget."""
    return BudgetForm(data, workflows=selectors.workflows()[:MOST_WORKFLOWS])


def unpriced_form(tenant: Tenant) -> UnpricedForm:
    """Return the form of what a call at an unknown price counts for."""
    micros = tenant.unpriced_call_micros
    amount = None if micros is None else Decimal(micros) / 1_000_000
    return UnpricedForm(initial={"amount": amount}, auto_id="id_unpriced_%s")


def tile_rows(tenant: Tenant) -> list[BudgetRow]:
    """Return a client's budgets for the tile of what is left; none without a query if it has none.

    Budgets of each run are left out: they have no amounts of their own.
    """
    if not tenant.is_budgeted:
        return []
    return [row_of(line) for line in budget_lines(tenant) if line.ends_on]


def provider_context(user: User) -> dict[str, Any]:
    """Return the context of the provider's page: its budgets, and those of assigned clients."""
    may = user.staff_role == "admin"
    assigned = Tenant.objects.filter(assignments__user=user).order_by("name")
    tenants = list(assigned[:MOST_CLIENTS])
    with person_scope(user.pk):
        by_client = clients_lines(tenants)
    clients = [(tenant, [row_of(line) for line in by_client[tenant.pk]]) for tenant in tenants]
    return {
        "rows": [row_of(line, may_change=may) for line in provider_budget_lines()],
        "clients": [(tenant, rows) for tenant, rows in clients if rows],
        "unbudgeted": [tenant for tenant, rows in clients if not rows],
        "may_set": may,
        "form": BudgetForm(for_all=True) if may else None,
    }


def _is_own(line: BudgetLine, *, is_staff: bool) -> bool:
    return isinstance(line.budget, Budget) and line.budget.is_providers == is_staff
