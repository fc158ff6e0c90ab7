"""Budgets are set, changed and removed here, of a client and of the provider.

Who set a budget of a client may change it: the client's owners theirs, the provider's admins those
that the provider gave. All of them hold together, so the tightest one decides.
"""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from audit.services import record
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import Actor
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.models import Provider, Tenant, User
from tenants.roles import Capability
from tenants.scope import current_tenant_id
from workflows.budgets import reservations
from workflows.budgets.terms import BudgetUnit, Period, Then, limit_text
from workflows.models import Budget, BudgetPeriod, ProviderBudget, ProviderBudgetPeriod, Workflow

MOST_BUDGETS = 30  # of one client: each one costs every call a little
LARGEST = 10**15


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of a budget. ``most`` is in its unit, money in millionths of a US dollar."""

    unit: BudgetUnit
    period: Period
    most: int
    warn_at: int = 80
    then: Then = Then.PERSON

    def __post_init__(self) -> None:
        if not (0 <= self.most <= LARGEST and 0 <= self.warn_at <= 100):
            raise Invalid("A budget is no less than nothing, and people are told from 0 to 100 %.")
        if self.then is Then.QUEUE and self.period is Period.RUN:
            raise Invalid("A run has no next period to wait for: choose what else happens.")


def add_budget(terms: Terms, *, actor: Actor, workflow: Workflow | None = None) -> Budget:
    """Add a budget of the client, or of one workflow.

    Raises Forbidden, Conflict where one of that kind is there already, or too many are.
    """
    access.require(actor, Capability.SET_BUDGETS)
    _lock_tenant()
    if Budget.objects.count() >= MOST_BUDGETS:
        raise Conflict(f"{MOST_BUDGETS} budgets are the most. Remove one first.", code="too_many")
    made = Budget(workflow=workflow, is_providers=_is_of_provider(actor), **_columns(terms, actor))
    _insert(made)
    Tenant.objects.filter(pk=current_tenant_id()).update(is_budgeted=True)
    record(Verb.BUDGET_SET, made, actor=actor, after=_told_of(made))
    return made


def change_budget(budget_id: UUID, terms: Terms, *, actor: Actor) -> Budget:
    """Change how much a budget allows, when people are told, and what happens beyond it.

    What was spent in its period counts on. Raises Forbidden, NotFound.
    """
    budget = _own(budget_id, actor)
    before = _told_of(budget)
    for name in ("most", "warn_at", "then"):
        setattr(budget, name, getattr(terms, name))
    budget.set_by, budget.set_at = actor.label, clock.now()
    budget.save()
    # People are told anew of what is left now.
    BudgetPeriod.objects.filter(budget=budget).exclude(told="").update(told="")
    record(Verb.BUDGET_SET, budget, actor=actor, before=before, after=_told_of(budget))
    return budget


def remove_budget(budget_id: UUID, *, actor: Actor) -> None:
    """Remove a budget, and what was counted in it. Raises Forbidden, NotFound."""
    budget = _own(budget_id, actor)
    _lock_tenant()
    record(Verb.BUDGET_REMOVED, budget, actor=actor, before=_told_of(budget))
    budget.delete()
    more = Budget.objects.exists()
    Tenant.objects.filter(pk=current_tenant_id()).update(is_budgeted=more)


def set_unpriced(tenant: Tenant, micros: int | None, *, actor: Actor) -> None:
    """Set what a call at an unknown price counts for; None refuses such calls. Raises Forbidden."""
    access.require(actor, Capability.SET_BUDGETS)
    if micros is not None and not 0 < micros <= LARGEST:
        raise Invalid("Give an amount above nothing, or none to refuse such calls.")
    before = {"unpriced_call_micros": tenant.unpriced_call_micros}
    tenant.unpriced_call_micros = micros
    tenant.save(update_fields=["unpriced_call_micros"])
    after = {"unpriced_call_micros": micros}
    record(Verb.TENANT_CHANGED, tenant, actor=actor, before=before, after=after)


@transaction.atomic
def add_provider_budget(terms: Terms, *, by: User) -> ProviderBudget:
    """Add a budget over all clients. Raises Forbidden, Invalid, Conflict."""
    _require_admin(by)
    if terms.period is Period.RUN:
        raise Invalid("A budget of each run is a client's or a workflow's.")
    _lock_provider()
    made = ProviderBudget(**_columns(terms, None), set_by=str(by)[:160])
    _insert(made)
    Provider.objects.update(is_budgeted=True)
    return made


@transaction.atomic
def change_provider_budget(budget_id: UUID, terms: Terms, *, by: User) -> ProviderBudget:
    """Change a budget over all clients, as ``change_budget`` does. Raises Forbidden, NotFound."""
    _require_admin(by)
    budget = _locked(ProviderBudget.objects.all(), budget_id)
    for name in ("most", "warn_at", "then"):
        setattr(budget, name, getattr(terms, name))
    budget.set_by, budget.set_at = str(by)[:160], clock.now()
    budget.save()
    ProviderBudgetPeriod.objects.filter(budget=budget).exclude(told="").update(told="")
    return budget


@transaction.atomic
def remove_provider_budget(budget_id: UUID, *, by: User) -> None:
    """Remove a budget over all clients. Raises Forbidden, NotFound."""
    _require_admin(by)
    _lock_provider()
    _locked(ProviderBudget.objects.all(), budget_id).delete()
    Provider.objects.update(is_budgeted=ProviderBudget.objects.exists())


def _lock_tenant() -> None:
    """Lock the client: who removes its last budget must see one that is added meanwhile."""
    Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())


def _lock_provider() -> None:
    """Lock the provider, for the same reason."""
    Provider.objects.select_for_update(no_key=True).first()


def _own(budget_id: UUID, actor: Actor) -> Budget:
    access.require(actor, Capability.SET_BUDGETS)
    # First of all: a call that is the first in its period writes a row of this budget.
    reservations.lock_amounts()
    budget = _locked(Budget.objects.select_related("workflow"), budget_id)
    if budget.is_providers and not _is_of_provider(actor):
        raise Forbidden("The provider set this budget. You can add a tighter one of your own.")
    if _is_of_provider(actor) and not budget.is_providers:
        raise Forbidden("The client set this budget, and changes it.")
    return budget


def _locked[B: (Budget, ProviderBudget)](rows: QuerySet[B], budget_id: UUID) -> B:
    """Return a budget, locked: saving one that was removed meanwhile would bring it back."""
    return get_or_not_found(rows.select_for_update(of=("self",)), "budget", pk=budget_id)


def _is_of_provider(actor: Actor) -> bool:
    return actor.kind == "staff"


def _require_admin(by: User) -> None:
    if by.staff_role != "admin":
        raise Forbidden("Only the provider's admins set budgets over all clients.")


def _columns(terms: Terms, actor: Actor | None) -> dict[str, Any]:
    return asdict(terms) | ({"set_by": actor.label[:160]} if actor else {})


def _insert(budget: Budget | ProviderBudget) -> None:
    try:
        with transaction.atomic():
            budget.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            "There is a budget in this unit for this period already. Change that one.",
            code="taken",
        ) from error


def _told_of(budget: Budget) -> dict[str, Any]:
    """Return what the record keeps of a budget."""
    limit = limit_text(budget.unit, budget.period, budget.most)
    whose = budget.workflow.title if budget.workflow else "everything"
    return {"budget": limit, "whose": whose, "then": Then(budget.then).label}
