"""Events of budgets: whom they concern is told, once a period and state."""

from audit import outbox
from audit.services import record
from audit.verbs import Verb
from portal.notices import owners
from portal.notices.enqueue import enqueue_notice
from tenants import roster
from tenants.actors import SYSTEM
from tenants.models import User
from workflows.budgets.terms import limit_text
from workflows.models import BudgetPeriod, ProviderBudgetPeriod

VERBS = {"warned": Verb.BUDGET_WARNED, "stopped": Verb.BUDGET_STOPPED}


def budget_told(claim: outbox.Claim) -> None:
    """Handler of ``budget.told``: record it, and enqueue a mail for owners and assigned staff."""
    period = BudgetPeriod.objects.select_related("budget").filter(pk=claim.object_id).first()
    if period is None or period.told not in VERBS:
        return  # it was removed or raised meanwhile
    budget = period.budget
    after = {"budget": limit_text(budget.unit, budget.period, budget.most)}
    record(VERBS[period.told], budget, actor=SYSTEM, after=after)
    people = [one.user for one in owners()] + [one.user for one in roster.exception_staff()]
    for user in people:
        key = f"budget:{period.pk}:{period.told}:{budget.most}:{user.pk}"
        enqueue_notice("budget", key=key[:120], to=user.email, object_id=period.pk)


def provider_budget_told(claim: outbox.Claim) -> None:
    """Handler of ``budget.provider_told``: enqueue a mail for every admin of the provider."""
    rows = ProviderBudgetPeriod.objects.select_related("budget")
    period = rows.filter(pk=claim.object_id).first()
    if period is None or period.told not in VERBS:
        return
    admins = User.objects.filter(is_active=True, is_staff=True, staff_role="admin")
    for user in admins.order_by("pk"):
        key = f"budget:{period.pk}:{period.told}:{period.budget.most}:{user.pk}"
        enqueue_notice("provider_budget", key=key[:120], to=user.email, object_id=period.pk)
