"""A refusal says what is used up to those whom it concerns, and no more."""

from datetime import date
from typing import Any

import pytest

from workflows.budgets.refusals import BudgetRefusal
from workflows.exceptions.causes import Cause

ROW: dict[str, Any] = {
    "unit": "money",
    "period": "month",
    "most": 50_000_000,
    "spent": 49_985_000,
    "reserved": 5_000,
    "amount": 20_000,
    "then": "queue",
    "starts_on": "2026-11-01",
    "of_workflow": False,
    "is_providers": False,
    "level": 2,
}


def refusal(**changes: Any) -> BudgetRefusal:
    return BudgetRefusal.from_row(ROW | changes)


def test_the_clients_budget_is_said_with_its_amounts() -> None:
    problem = refusal().problem("m")
    assert problem == (
        "The budget of $50.00 a month does not allow it: "
        "$49.99 of $50.00 is taken, this may take $0.02."
    )
    assert problem.cause is Cause.BUDGET


def test_one_that_the_provider_gave_is_the_providers_to_raise() -> None:
    assert refusal(is_providers=True).problem("m").cause is Cause.PROVIDER_BUDGET
    assert refusal(of_workflow=True).problem("m").startswith("The workflow's budget of")


def test_amounts_over_all_clients_are_for_staff_alone() -> None:
    problem = refusal(level=3, is_providers=True).problem("m")
    assert "$" not in problem
    assert "$50.00" in problem.details
    assert problem.cause is Cause.PROVIDER_BUDGET


def test_an_unknown_price_names_the_model() -> None:
    problem = refusal(amount=None).problem("openai/new")
    assert "openai/new" in problem
    assert problem.cause is Cause.MODEL_SETUP


def test_a_call_larger_than_the_whole_budget_does_not_use_it_up() -> None:
    assert refusal().is_used_up
    assert not refusal(amount=50_000_001, spent=0, reserved=0).is_used_up
    assert refusal(most=0, amount=1, spent=0, reserved=0).is_used_up


@pytest.mark.parametrize(
    ("changes", "ends_on"),
    [
        ({}, date(2026, 12, 1)),
        ({"period": "run", "starts_on": None}, None),
        ({"amount": None}, None),
        ({"amount": 50_000_001}, None),  # no period ever has room for it
    ],
)
def test_waiting_helps_where_a_next_period_has_room(
    changes: dict[str, Any], ends_on: date | None
) -> None:
    assert refusal(**changes).ends_on == ends_on
