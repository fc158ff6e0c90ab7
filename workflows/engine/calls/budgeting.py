"""Budgets of model calls: what a call may take is reserved before it is made."""

import random
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tenants import clock
from tenants.db import unit_of_work
from workflows.budgets import reservations
from workflows.budgets.estimates import ceiling_of
from workflows.budgets.refusals import BudgetRefusal
from workflows.budgets.reservations import Kept, Reservation
from workflows.budgets.terms import Then
from workflows.engine.state.context import Context
from workflows.engine.state.parents import parent_runs
from workflows.gateway.price_list import find_model
from workflows.models import Call
from workflows.routing.levels import Consequence, Difficulty
from workflows.routing.selectors import own_price
from workflows.routing.table import CallCase

# A budget may be raised at any time, so a call that waits for one looks again.
RECHECK_BUDGET = timedelta(minutes=5)
AGAIN_SOON = timedelta(seconds=2)
NOTHING = Reservation(None)


def reserve_question(
    context: Context,
    model: str,
    request: dict[str, Any],
    choice: dict[str, Any] | None,
    *,
    lost: Kept | None = None,
) -> Reservation:
    """Reserve what a model call may take. Without budgets no statement is made.

    A sealed run asks no model, so it takes nothing out of a budget.

    ``lost`` is what was kept for an earlier try of it, whose worker stopped.
    """
    tenant, provider = context.tenant, context.tenant_rules.provider
    if context.run.is_sealed or not reservations.is_budgeted(tenant, provider):
        return NOTHING
    price = own_price(provider, model, choice)
    if price is None and (listed := find_model(model)):
        price = listed.price
    return reservations.reserve(
        tenant,
        run_id=context.run.pk,
        workflow_id=context.workflow.pk,
        parents=[(run.pk, run.workflow_id) for run in parent_runs(context.run)],
        ceiling=ceiling_of(request, price),
        lost=lost,
    )


def reserve_claimed(context: Context, call: Call, claims: int) -> BudgetRefusal | None:
    """Reserve what a claimed call may take, unless it is reserved; return the refusal, if any.

    ``claims`` above 1: a worker stopped in the middle of it, so it may have to be paid twice.
    """
    if call.reserved is not None and claims == 1:
        return None
    found = reserve_question(context, call.name, call.request, call.choice, lost=call.reserved)
    if found.kept is not None or call.reserved:
        unit_of_work.update(call, {"reserved": found.kept})
    return found.refusal


def release_postponed(call: Call, claims: int) -> None:
    """Give back what is kept for a call that waits, as nobody knows how long; nothing without it.

    ``claims`` above 1: a worker stopped in the middle of it, so it counts as spent.
    """
    if call.reserved is not None:
        reservations.release_kept(call.reserved, is_spent=claims > 1)
        unit_of_work.update(call, {"reserved": None})


def cost_unmade(claims: int) -> int | None:
    """Return what a claimed call cost that is not made: unknown after more ``claims`` than one.

    A worker that stopped in the middle may have made it.
    """
    return None if claims > 1 else 0


def wait_for_budget(context: Context, refusal: BudgetRefusal) -> timedelta | None:
    """Return how long a refused call waits before it asks again; None where it does not wait.

    What calls under way keep may turn out to be more than they cost, so it is waited for.
    """
    if refusal.may_fit_soon:
        return AGAIN_SOON * random.uniform(0.5, 1.5)  # noqa: S311 - spread, no secret
    if refusal.then is not Then.QUEUE or refusal.ends_on is None:
        return None
    zone = ZoneInfo(context.tenant.timezone) if not refusal.is_over_all else ZoneInfo("UTC")
    ends_at = datetime.combine(refusal.ends_on, time(), tzinfo=zone)
    return max(min(ends_at - clock.now(), RECHECK_BUDGET), timedelta(seconds=1))


def may_downgrade(call: Call, refusal: BudgetRefusal) -> bool:
    """Whether a cheaper model may be asked: of easy calls from which nothing follows alone."""
    if refusal.then is not Then.CHEAPER or not call.choice:
        return False
    case = CallCase.from_json(call.choice["case"])
    return case.difficulty is Difficulty.EASY and case.consequence is Consequence.NONE
