"""Reservations: a call takes the most that it can cost out of every budget before it is made.

All budgets are asked and reserved in one statement, ``workflows_reserve``. The trigger of the
journal, ``workflows_settle``, puts what was spent in the reservation's place.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from audit import outbox
from tenants import clock
from tenants.db.statements import SqlStatement, json_value
from tenants.models import Provider, Tenant
from tenants.scope import current_tenant_id
from workflows.budgets.estimates import Ceiling
from workflows.budgets.refusals import BudgetRefusal
from workflows.budgets.terms import period_starts

TOLD = "budget.told"  # handled by the portal, which writes to the people whom it concerns
TOLD_PROVIDER = "budget.provider_told"

Kept = list[dict[str, Any]]

# A call is reserved in all budgets that hold for it, or refused by one of them.
_RESERVE = SqlStatement(
    "SELECT workflows_reserve(%(run)s, %(workflow)s, %(runs)s::jsonb, %(money)s::bigint, "
    "%(tokens)s::bigint, %(starts)s::jsonb, %(house_starts)s::jsonb, %(lost)s::jsonb)::text",
    json_value,
    # Of what is kept it lacks only calls that are settled now: these seem to be under way still.
    apart=True,
)

# What a call keeps is given back, or counted as spent.
_RELEASE = SqlStatement(
    "SELECT workflows_release(%(kept)s::jsonb, %(is_spent)s)", lambda *_: None, apart=True
)

# The lock that ``workflows_reserve`` and ``workflows_settle`` take, and what they set with it.
_LOCK = SqlStatement(
    "SELECT pg_advisory_xact_lock(hashtextextended('budgets ' || %(tenant)s::text, 0)), "
    "set_config('handrail.places', 'asked', true)",
    lambda *_: None,
    apart=True,
)


@dataclass(frozen=True, slots=True)
class Reservation:
    """Reservation of a call in every budget, as its journal entry keeps it, or the refusal of one.

    Nothing is reserved where a budget refuses.
    """

    kept: Kept | None
    refusal: BudgetRefusal | None = None


def is_budgeted(tenant: Tenant, provider: Provider | None) -> bool:
    """Whether any budget may hold for a client's calls."""
    return tenant.is_budgeted or bool(provider and provider.is_budgeted)


def lock_amounts() -> None:
    """Lock the amounts of the client's budgets until the transaction ends, before other rows.

    Whoever locks rows that another transaction locks after it has reserved takes this lock first:
    so all of them are locked in one order.
    """
    _LOCK.run(tenant=str(current_tenant_id()))


def reserve(
    tenant: Tenant,
    *,
    run_id: UUID,
    workflow_id: UUID,
    ceiling: Ceiling,
    parents: Sequence[tuple[UUID, UUID]] = (),
    lost: Kept | None = None,
) -> Reservation:
    """Reserve a call's ceiling in every budget that holds for it: in all of them or in none.

    ``parents`` are the runs that led to this run by handoffs, the nearest first, each with its
    workflow: the budget of each run holds for the first of them and all that it led to.
    ``lost`` is what was kept for an earlier try whose worker stopped in the middle: what that cost
    is not known, so all of it counts as spent. One statement. People are told once a period where a
    budget is nearly or wholly used up; not of each run, which would be a mail a run.
    """
    now = clock.now()
    money = tenant.unpriced_call_micros if ceiling.micros is None else ceiling.micros
    runs = [(run_id, workflow_id), *parents]
    (found,) = _RESERVE.rows(
        run=runs[-1][0],
        workflow=workflow_id,
        # A workflow's first run is the last that is set.
        runs=json.dumps({str(workflow): str(run) for run, workflow in runs}),
        money=money,
        tokens=ceiling.tokens,
        starts=json.dumps(period_starts(now.astimezone(ZoneInfo(tenant.timezone)).date())),
        house_starts=json.dumps(period_starts(now.date())),
        lost=json.dumps(lost or []),
    )
    if (refused := found["refused"]) is not None:
        refusal = BudgetRefusal.from_row(refused)
        if refused["told"] != "stopped" and refusal.is_used_up:
            _tell(refused["id"], is_over_all=refusal.is_over_all)
        return Reservation(None, refusal)
    for one in found["kept"]:
        if one.pop("warns"):
            _tell(one["id"], is_over_all=one["house"])
    return Reservation(found["kept"])


def release_kept(kept: Kept, *, is_spent: bool) -> None:
    """Give back what was kept for a call; with ``is_spent`` all of it counts as spent instead."""
    _RELEASE.run(kept=json.dumps(kept), is_spent=is_spent)


def _tell(period_id: str, *, is_over_all: bool) -> None:
    """Have people told that a budget is nearly or wholly used up."""
    outbox.enqueue(TOLD_PROVIDER if is_over_all else TOLD, UUID(period_id))
