"""Mail that says that a budget of the provider is nearly or wholly used up."""

from django.conf import settings
from django.urls import reverse

from portal.budgets.words import words_of
from portal.notices.kinds import Letter, NotWanted
from portal.notices.kinds.budget import budget_letter
from portal.notices.models import Notice
from tenants.models import Provider, User
from workflows.budgets.selectors import BudgetLine
from workflows.models import ProviderBudgetPeriod

SENT = None  # the provider's budgets are not in the record of a client


def write(notice: Notice) -> Letter:
    """Write the mail. Raises NotWanted where it was raised or removed, or they are no admin now."""
    rows = ProviderBudgetPeriod.objects.select_related("budget")
    period = rows.filter(pk=notice.object_id).first()
    if period is None or not period.told:
        raise NotWanted("The budget was raised or removed.")
    if not User.objects.filter(email=notice.to, is_active=True, staff_role="admin").exists():
        raise NotWanted("They are no admin of the provider any more.")
    line = BudgetLine(period.budget, period.spent, period.reserved, period.starts_on)
    return budget_letter(
        words_of(line),
        told=period.told,
        whose=Provider.objects.get().name,
        link=f"{settings.BASE_URL}{reverse('provider_budgets', urlconf=settings.ROOT_URLCONF)}",
    )
