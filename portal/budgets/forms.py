"""Forms of budgets: how much of what in which period, and what happens beyond."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms

from workflows.budgets.services import Terms
from workflows.budgets.terms import CALENDAR, BudgetUnit, Period, Then
from workflows.models import Budget, ProviderBudget, Workflow

MICROS = 1_000_000
LARGEST = 100_000_000


class BudgetChangeForm(forms.Form):
    """Form of a budget's amount and what follows; its unit and period stay."""

    amount = forms.DecimalField(
        label="At most",
        min_value=0,
        max_value=LARGEST,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="US dollars, tokens or calls.",
    )
    warn_at = forms.IntegerField(
        label="Tell people from",
        min_value=0,
        max_value=100,
        initial=80,
        help_text="Percent of it; 0 for never. Of a budget of each run nobody is told.",
    )
    then = forms.ChoiceField(
        label="A call that may go beyond it",
        choices=[(then.value, then.label.capitalize()) for then in Then],
        initial=Then.PERSON.value,
        widget=forms.RadioSelect,
    )

    def __init__(
        self, *args: Any, budget: Budget | ProviderBudget | None = None, **kwargs: Any
    ) -> None:
        if budget is not None:
            kwargs["initial"] = {
                "amount": _amount(budget),
                "warn_at": budget.warn_at,
                "then": budget.then,
            }
        super().__init__(*args, **kwargs)
        self.budget = budget

    def clean(self) -> dict[str, Any]:
        """Check that tokens and calls are whole, and that a run does not wait."""
        found = super().clean() or {}
        amount = found.get("amount")
        if amount is not None and self._unit() != BudgetUnit.MONEY and amount % 1:
            self.add_error("amount", "Tokens and calls are whole numbers.")
        if found.get("then") == Then.QUEUE and self._period() == Period.RUN:
            self.add_error("then", "A run has no next period to wait for.")
        return found

    def terms(self) -> Terms:
        """Return the terms of a valid form."""
        found, unit = self.cleaned_data, BudgetUnit(self._unit())
        most = found["amount"] * (MICROS if unit is BudgetUnit.MONEY else 1)
        then = Then(found["then"])
        return Terms(unit, Period(self._period()), int(most), found["warn_at"], then)

    def _unit(self) -> str:
        return self.budget.unit if self.budget else self.cleaned_data.get("unit", "")

    def _period(self) -> str:
        return self.budget.period if self.budget else self.cleaned_data.get("period", "")


class BudgetForm(BudgetChangeForm):
    """Form of a new budget: of all clients, of one client, or of one workflow."""

    whose = forms.ChoiceField(label="For", required=False)
    period = forms.ChoiceField(
        label="It begins anew", choices=Period.choices, initial=Period.MONTH.value
    )
    unit = forms.ChoiceField(
        label="Counted in", choices=BudgetUnit.choices, initial=BudgetUnit.MONEY.value
    )

    field_order = ("whose", "amount", "unit", "period", "warn_at", "then")

    def __init__(
        self, *args: Any, workflows: Iterable[Workflow] = (), for_all: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.workflows = {str(one.pk): one for one in workflows}
        whose, period = self.fields["whose"], self.fields["period"]
        assert isinstance(whose, forms.ChoiceField)
        assert isinstance(period, forms.ChoiceField)
        whose.choices = [("", "Everything")] + [(pk, w.title) for pk, w in self.workflows.items()]
        if for_all:
            del self.fields["whose"]
            period.choices = [(one.value, one.label) for one in CALENDAR]

    def workflow(self) -> Workflow | None:
        """Return the chosen workflow of a valid form; None for all of the client's."""
        return self.workflows.get(self.cleaned_data.get("whose", ""))


class UnpricedForm(forms.Form):
    """Form of what a call counts for whose model has no known price."""

    amount = forms.DecimalField(
        label="Count it as",
        required=False,
        min_value=Decimal("0.0001"),
        max_value=1000,
        decimal_places=4,
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="US dollars a call. Empty: such a call is refused where a budget counts money.",
    )

    def micros(self) -> int | None:
        """Return the amount of a valid form in millionths of a US dollar; None for none."""
        amount = self.cleaned_data["amount"]
        return None if amount is None else int(amount * MICROS)


def _amount(budget: Budget | ProviderBudget) -> Decimal:
    return Decimal(budget.most) / (MICROS if budget.unit == BudgetUnit.MONEY else 1)
