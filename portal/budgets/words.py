"""Words for budgets on pages and in mails."""

from dataclasses import dataclass

from workflows.budgets.selectors import BudgetLine
from workflows.budgets.terms import Then, amount_text, limit_text
from workflows.models import Budget, ProviderBudget


@dataclass(frozen=True, slots=True)
class BudgetWords:
    """Budget in words: limit, whose it is, what is spent, reserved and left, and what follows."""

    limit: str
    whose: str
    set_by: str
    spent: str
    reserved: str
    left: str
    then: str


def words_of(line: BudgetLine) -> BudgetWords:
    """Return the words for a budget and its amounts."""
    budget = line.budget
    return BudgetWords(
        limit=limit_text(budget.unit, budget.period, budget.most),
        whose=_whose(budget),
        set_by=budget.set_by,
        spent=amount_text(budget.unit, line.spent),
        reserved=amount_text(budget.unit, line.reserved) if line.reserved else "",
        left=amount_text(budget.unit, line.left),
        then=Then(budget.then).label,
    )


def _whose(budget: Budget | ProviderBudget) -> str:
    if isinstance(budget, ProviderBudget):
        return "All clients together"
    return budget.workflow.title if budget.workflow else "Everything"
