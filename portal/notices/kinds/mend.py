"""Mail to the provider's staff about exceptions of one cause that they must fix."""

from datetime import timedelta
from typing import Any

from approvals.models import ReviewItem
from approvals.rules.phrases import spelled_out
from audit.verbs import Verb
from portal.links import Links, outside
from portal.notices import mending
from portal.notices.kinds import Letter, NotWanted
from portal.notices.models import Notice
from portal.notices.render import inlined, rendered
from tenants import roster
from tenants.models import Provider, Tenant
from tenants.scope import current_tenant_id
from workflows.exceptions.cause_table import WORDS
from workflows.exceptions.draft import ExceptionDraft
from workflows.exceptions.selectors import for_staff

SENT = Verb.MAIL_SENT
MOST = 1000  # exceptions counted


def write(notice: Notice) -> Letter:
    """Write the mail about the oldest exception of the cause, with the number of the others.

    Raises NotWanted where none waits, or the person is no longer assigned to the client.
    """
    cause = mending.cause_of(notice.key)
    found = for_staff(ReviewItem.objects.filter(draft__cause=cause.value))
    first = found.order_by("opened_at", "id").first()
    if first is None:
        raise NotWanted("All of it was resolved.")
    if not roster.exception_staff().filter(user__email=notice.to).exists():
        raise NotWanted("They do not look after this client any more.")
    tenant, count = Tenant.objects.get(pk=current_tenant_id()), found[:MOST].count()
    words = WORDS[cause]
    links = Links(outside(tenant.slug))
    context: dict[str, Any] = {
        "tenant": tenant.name,
        "provider": Provider.objects.get().name,
        "title": spelled_out(first.title),
        "happened": words.happened,
        "mend": words.mend,
        "problem": spelled_out(ExceptionDraft.read(first.draft).problem),
        "client": words.means,
        "more": count - 1,
        "hours": mending.PATIENCE // timedelta(hours=1),
        "link": links.page("item", str(first.pk)),
    }
    return Letter(
        subject=f"{tenant.name}: yours to mend: {context['title']}",
        text=rendered("email/mend.txt", context),
        html=inlined("email/mend.html", context),
        sender=context["provider"],
        brief=f"{context['title']}. {words.mend}",
        link=context["link"],
    )
