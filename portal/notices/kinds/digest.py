"""Notice of several new items together."""

from typing import Any
from zoneinfo import ZoneInfo

from approvals import queries
from approvals.models import ReviewItem
from approvals.review.recipients import recipients_of
from approvals.rules.phrases import spelled_out
from audit.verbs import Verb
from portal.links import Links, outside
from portal.notices.kinds import Letter, NotWanted
from portal.notices.models import Notice
from portal.notices.render import inlined, rendered
from tenants.models import Provider, Tenant
from tenants.scope import current_tenant_id
from tenants.text.sentences import as_sentence

SENT = Verb.MAIL_SENT
MOST = 20  # items listed by title


def write(notice: Notice) -> Letter:
    """Write the digest of the items that wait and that the person may decide; MOST by title.

    Raises NotWanted where no item is left.
    """
    told = notice.told.values("item_id")
    rows = ReviewItem.objects.shown().filter(status="waiting", pk__in=told).defer("evidence")
    people = queries.people()
    found = recipients_of(rows.order_by("due_at", "id").prefetch_related("revisions"), people)
    items = [item for item, those in found if notice.person_id in those]
    if not items:
        raise NotWanted("All of it was decided.")
    tenant = Tenant.objects.get(pk=current_tenant_id())
    links = Links(outside(tenant.slug))
    context: dict[str, Any] = {
        "tenant": tenant.name,
        "provider": Provider.objects.get().name,
        "count": len(items),
        "lines": [_line(item, tenant, links) for item in items[:MOST]],
        "more": max(0, len(items) - MOST),
        "link": links.queue(),
    }
    noun = "item waits" if len(items) == 1 else "items wait"
    return Letter(
        subject=f"{tenant.name}: {len(items)} {noun} for you",
        text=rendered("email/digest.txt", context),
        html=inlined("email/digest.html", context),
        sender=context["provider"],
        brief=f"{len(items)} {noun} for you. The first: {as_sentence(spelled_out(items[0].title))}",
        link=context["link"],
    )


def _line(item: ReviewItem, tenant: Tenant, links: Links) -> dict[str, str]:
    due = item.due_at.astimezone(ZoneInfo(tenant.timezone))
    return {
        "title": spelled_out(item.title),
        "workflow": item.workflow_name,
        "due": f"{due:%a %-d %b, %H:%M} ({tenant.timezone})",
        "link": links.page("item", str(item.pk)),
    }
