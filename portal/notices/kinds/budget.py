"""Mail that says that a client's budget is nearly or wholly used up."""

from audit.verbs import Verb
from portal.budgets.words import BudgetWords, words_of
from portal.links import Links, outside
from portal.notices.kinds import Letter, NotWanted
from portal.notices.models import Notice
from portal.notices.render import inlined, rendered
from tenants.models import Provider, Tenant
from tenants.scope import current_tenant_id
from workflows.budgets.selectors import BudgetLine
from workflows.models import BudgetPeriod

SENT = Verb.MAIL_SENT


def write(notice: Notice) -> Letter:
    """Write the mail. Raises NotWanted where the budget was removed or raised."""
    rows = BudgetPeriod.objects.select_related("budget__workflow")
    period = rows.filter(pk=notice.object_id).first()
    if period is None or not period.told:
        raise NotWanted("The budget was raised or removed.")
    tenant = Tenant.objects.get(pk=current_tenant_id())
    line = BudgetLine(period.budget, period.spent, period.reserved, period.starts_on)
    return budget_letter(
        words_of(line),
        told=period.told,
        whose=tenant.name,
        link=Links(outside(tenant.slug)).budgets(),
    )


def budget_letter(words: BudgetWords, *, told: str, whose: str, link: str) -> Letter:
    """Return the mail about a budget. ``told`` is "warned" or "stopped", ``whose`` a name."""
    how = "nearly used up" if told == "warned" else "used up"
    provider = Provider.objects.get().name
    context = {
        "provider": provider,
        "whose": whose,
        "how": how,
        "is_stopped": told == "stopped",
        "words": words,
        "link": link,
    }
    return Letter(
        subject=f"{whose}: the budget of {words.limit} is {how}",
        text=rendered("email/budget.txt", context),
        html=inlined("email/budget.html", context),
        sender=provider,
    )
