"""Refusal of a call by a budget, in words for those whom it concerns. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from workflows.budgets.terms import Period, Then, amount_text, limit_text, next_period
from workflows.exceptions.causes import Cause, CausedProblem

PROVIDER_LEVEL = 3


@dataclass(frozen=True, slots=True)
class BudgetRefusal:
    """Refusal of a call by one budget. Amounts are in its unit; ``asked`` is None if unknown.

    ``reserved`` is kept for calls under way.
    ``is_clients``: the client's own people set the budget. ``is_over_all``: it is the provider's
    over all clients, whose amounts are the provider's alone.
    """

    unit: str
    period: Period
    most: int
    spent: int
    reserved: int
    asked: int | None
    then: Then
    starts_on: date | None
    of_workflow: bool = False
    is_clients: bool = False
    is_over_all: bool = False

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """Return the refusal in a row of ``workflows_reserve``."""
        return cls(
            unit=row["unit"],
            period=Period(row["period"]),
            most=row["most"],
            spent=row["spent"],
            reserved=row["reserved"],
            asked=row["amount"],
            then=Then(row["then"]),
            starts_on=date.fromisoformat(row["starts_on"]) if row["starts_on"] else None,
            of_workflow=row["of_workflow"],
            is_clients=not row["is_providers"],
            is_over_all=row["level"] == PROVIDER_LEVEL,
        )

    @property
    def ends_on(self) -> date | None:
        """The first day of the next period; None for a run, and where waiting does not help."""
        if self.starts_on is None or self.asked is None or self.asked > self.most:
            return None
        return next_period(self.period, self.starts_on)

    @property
    def may_fit_soon(self) -> bool:
        """Whether it would fit if what calls under way keep were not spent."""
        return self.asked is not None and self.spent + self.asked <= self.most

    @property
    def is_used_up(self) -> bool:
        """Whether too little is left until its next period. That of a run has none.

        A call that is larger than the whole budget does not use it up.
        """
        if self.asked is None or self.may_fit_soon or self.period is Period.RUN:
            return False
        return self.asked <= self.most or self.spent >= self.most

    def problem(self, model: str) -> CausedProblem:
        """Return why the call was not made, with its cause."""
        if self.asked is None:
            said = f"What {model} costs is not known, and a budget counts money."
            return CausedProblem(said, Cause.MODEL_SETUP, details=self._amounts())
        if self.is_over_all:
            said = "What the provider set for models is used up."
            return CausedProblem(said, Cause.PROVIDER_BUDGET, details=self._amounts())
        cause = Cause.BUDGET if self.is_clients else Cause.PROVIDER_BUDGET
        return CausedProblem(f"{self._budget()} does not allow it: {self._amounts()}.", cause)

    def _budget(self) -> str:
        limit = limit_text(self.unit, self.period, self.most)
        return f"The workflow's budget of {limit}" if self.of_workflow else f"The budget of {limit}"

    def _amounts(self) -> str:
        asked = "an unknown amount" if self.asked is None else amount_text(self.unit, self.asked)
        taken = amount_text(self.unit, self.spent + self.reserved)
        return f"{taken} of {amount_text(self.unit, self.most)} is taken, this may take {asked}"
