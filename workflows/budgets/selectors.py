"""Queries for budgets with what is spent, reserved and left in their present period."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from tenants import clock
from tenants.models import Tenant
from workflows.budgets.terms import CALENDAR, Period, next_period, period_start
from workflows.models import Budget, BudgetPeriod, ProviderBudget, ProviderBudgetPeriod


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """Budget with its amounts, in its unit. ``ends_on`` is None for the budget of each run."""

    budget: Budget | ProviderBudget
    spent: int = 0
    reserved: int = 0
    ends_on: date | None = None

    @property
    def left(self) -> int:
        """What further calls may take."""
        return max(self.budget.most - self.spent - self.reserved, 0)

    @property
    def percent(self) -> int:
        """How much of it is spent or reserved, in whole percent, 100 at most."""
        taken, most = self.spent + self.reserved, self.budget.most
        return min(taken * 100 // most, 100) if most else 100

    @property
    def state(self) -> str:
        """Whether it is "used up", "nearly used up" or neither."""
        if not self.ends_on:
            return ""
        if not self.left:
            return "used up"
        warn_at = self.budget.warn_at
        return "nearly used up" if warn_at and self.percent >= warn_at else ""


def today_of(tenant: Tenant) -> date:
    """Return the present day in a client's time zone."""
    return clock.now().astimezone(ZoneInfo(tenant.timezone)).date()


def budget_lines(tenant: Tenant) -> list[BudgetLine]:
    """Return the client's budgets, those of the whole client first. Two queries."""
    budgets = Budget.objects.select_related("workflow").order_by(
        "workflow__title", "-is_providers", "period", "unit"
    )
    found = list(budgets)
    found.sort(key=lambda budget: budget.workflow_id is not None)
    if not found:
        return []
    rows = BudgetPeriod.objects.filter(_present(today_of(tenant)), run=None)
    return _lines(found, rows, today_of(tenant))


def provider_budget_lines() -> list[BudgetLine]:
    """Return the budgets over all clients. Two queries."""
    found, today = list(ProviderBudget.objects.order_by("period", "unit")), clock.now().date()
    rows = ProviderBudgetPeriod.objects.filter(_present(today)) if found else []
    return _lines(found, rows, today)


def clients_lines(tenants: list[Tenant]) -> dict[UUID, list[BudgetLine]]:
    """Return the budgets of these clients by client. Two queries, in a person scope."""
    budgets = list(
        Budget.objects.across()
        .filter(tenant__in=tenants)
        .select_related("workflow")
        .order_by("workflow", "-is_providers", "period", "unit")
    )
    rows = list(
        BudgetPeriod.objects.across()
        .filter(tenant__in=tenants, run=None)
        .filter(_present(*{today_of(tenant) for tenant in tenants}))
    )
    found = {}
    for tenant in tenants:
        own = [budget for budget in budgets if budget.tenant_id == tenant.pk]
        periods = [row for row in rows if row.tenant_id == tenant.pk]
        found[tenant.pk] = _lines(own, periods, today_of(tenant))
    return found


def _present(*days: date) -> Q:
    """Return the filter for periods that one of these days is in."""
    return Q(starts_on__in={period_start(period, day) for period in CALENDAR for day in days})


def _lines(
    budgets: Iterable[Budget | ProviderBudget],
    rows: Iterable[BudgetPeriod | ProviderBudgetPeriod],
    today: date,
) -> list[BudgetLine]:
    by_key = {(row.budget_id, row.starts_on): row for row in rows}
    return [_line(budget, by_key, today) for budget in budgets]


def _line(
    budget: Budget | ProviderBudget,
    rows: dict[tuple[UUID, date | None], BudgetPeriod | ProviderBudgetPeriod],
    today: date,
) -> BudgetLine:
    period = Period(budget.period)
    start = period_start(period, today)
    if start is None:
        return BudgetLine(budget)
    row, ends_on = rows.get((budget.pk, start)), next_period(period, start)
    return BudgetLine(budget, row.spent if row else 0, row.reserved if row else 0, ends_on)
