"""Forms of budgets: dollars become whole amounts, and odd values are said to be odd."""

from typing import Any

import pytest

from portal.budgets.forms import BudgetChangeForm, BudgetForm, UnpricedForm
from workflows.budgets.services import Terms
from workflows.budgets.terms import BudgetUnit, Period, Then
from workflows.models import ProviderBudget

GIVEN = {"amount": "50.25", "unit": "money", "period": "month", "warn_at": "80", "then": "queue"}


def test_dollars_become_millionths() -> None:
    form = BudgetForm(GIVEN)
    assert form.is_valid(), form.errors
    assert form.terms() == Terms(BudgetUnit.MONEY, Period.MONTH, 50_250_000, 80, Then.QUEUE)
    assert form.workflow() is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": ""}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1e400"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "0.001"}, "amount"),
        ({"amount": "9" * 100_000}, "amount"),
        ({"amount": "1.5", "unit": "tokens"}, "amount"),
        ({"unit": "pounds"}, "unit"),
        ({"period": "year"}, "period"),
        ({"warn_at": "101"}, "warn_at"),
        ({"warn_at": "x"}, "warn_at"),
        ({"then": "stop\x00"}, "then"),
        ({"period": "run"}, "then"),
        ({"whose": "01a1e960-d600-7000-8000-6a43a27e6286"}, "whose"),
    ],
)
def test_odd_values_are_said_at_their_field(changes: dict[str, str], field: str) -> None:
    assert field in BudgetForm(GIVEN | changes).errors


def test_all_clients_have_neither_workflows_nor_runs() -> None:
    form = BudgetForm(GIVEN | {"period": "run", "then": "person"}, for_all=True)
    assert "whose" not in form.fields
    assert "period" in form.errors


def test_a_change_keeps_unit_and_period() -> None:
    budget = ProviderBudget(unit="tokens", period="week", most=5_000, warn_at=0, then="person")
    form = BudgetChangeForm(budget=budget)
    assert form.initial == {"amount": 5_000, "warn_at": 0, "then": "person"}
    given: dict[str, Any] = {"amount": "6000", "warn_at": "50", "then": "cheaper"}
    changed = BudgetChangeForm(given, budget=budget)
    assert changed.is_valid(), changed.errors
    assert changed.terms() == Terms(BudgetUnit.TOKENS, Period.WEEK, 6_000, 50, Then.CHEAPER)


@pytest.mark.parametrize(("amount", "micros"), [("0.02", 20_000), ("", None)])
def test_what_an_unpriced_call_counts_for(amount: str, micros: int | None) -> None:
    form = UnpricedForm({"amount": amount})
    assert form.is_valid()
    assert form.micros() == micros
