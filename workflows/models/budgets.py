"""Models of budgets: what may be spent, and what was spent and is reserved in each period.

The database functions ``workflows_reserve`` and ``workflows_settle`` keep the amounts.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenants import clock
from tenants.ids import uuid7
from tenants.models import TenantForeignKey, TenantModel
from workflows.budgets.terms import BudgetUnit, Period, Then

UNITS = [(unit.value, unit.label) for unit in BudgetUnit]
PERIODS = [(period.value, period.label) for period in Period]
THEN = [(then.value, then.label) for then in Then]


class BudgetTerms(models.Model):
    """Terms of a budget: so much of a unit in each period, and what happens beyond."""

    unit = models.CharField(max_length=8, choices=UNITS, default=BudgetUnit.MONEY)
    period = models.CharField(max_length=8, choices=PERIODS, default=Period.MONTH)
    most = models.BigIntegerField(help_text="Millionths of a US dollar, tokens or calls.")
    warn_at = models.PositiveSmallIntegerField(
        default=80, help_text="Percent of it from where people are told; 0 for never."
    )
    then = models.CharField(max_length=8, choices=THEN, default=Then.PERSON)
    set_by = models.CharField(max_length=160)
    set_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True


class BudgetAmounts(models.Model):
    """Amounts of a budget in one period, in its unit.

    ``reserved`` is the most that calls under way may take. ``told`` is the last that people were
    told of in this period: nothing, "warned" or "stopped".
    """

    starts_on = models.DateField(null=True, help_text="Null for the budget of a run.")
    spent = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    told = models.CharField(max_length=8, blank=True, default="")

    class Meta:
        abstract = True


class Budget(BudgetTerms, TenantModel):
    """Budget of a client, of one workflow, or of each run. ``is_providers``: staff set it."""

    workflow = TenantForeignKey("workflows.Workflow", null=True, related_name="budgets")
    is_providers = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(most__gte=0), name="budget_most"),
            models.UniqueConstraint(
                fields=["tenant", "workflow", "unit", "period", "is_providers"],
                nulls_distinct=False,
                name="one_budget_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.most} {self.unit} a {self.period}"


class BudgetPeriod(BudgetAmounts, TenantModel):
    """Amounts of a client's budget in one period, or in one run."""

    budget = TenantForeignKey(Budget, on_delete=models.CASCADE, related_name="periods")
    run = TenantForeignKey("workflows.Run", null=True, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "budget", "starts_on", "run"],
                nulls_distinct=False,
                name="one_row_a_period",
            ),
        ]

    def __str__(self) -> str:
        return f"since {self.starts_on}"


class ProviderBudget(BudgetTerms):
    """Budget of the provider over all clients."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(most__gte=0), name="provider_budget_most"),
            models.UniqueConstraint(fields=["unit", "period"], name="one_provider_budget_a_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.most} {self.unit} a {self.period}"


class ProviderBudgetPeriod(BudgetAmounts):
    """Amounts of the provider's budget in one period."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    budget = models.ForeignKey(ProviderBudget, models.CASCADE, related_name="periods")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["budget", "starts_on"], name="one_row_a_provider_period"
            ),
        ]

    def __str__(self) -> str:
        return f"since {self.starts_on}"
