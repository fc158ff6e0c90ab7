"""Mail about one item, with all that is needed to judge a simple draft."""

from typing import Any
from zoneinfo import ZoneInfo

from approvals.gate.done_before import find_all_earlier
from approvals.models import Proposal, ReviewItem
from approvals.review import checks
from approvals.rules.phrases import spelled_out
from approvals.text.asked import first_line
from portal.links import Links, outside
from portal.notices import batching, item_events
from portal.notices.kinds import Letter, NotWanted
from portal.notices.models import Notice
from portal.notices.render import inlined, rendered
from portal.review.item import card
from tenants import clock
from tenants.models import Provider, Tenant
from tenants.scope import current_tenant_id
from tenants.text.sentences import as_sentence

MOST = 1_500  # characters of a draft


def item_of_notice(notice: Notice) -> ReviewItem:
    """Return the item of a notice. Raises NotWanted where the item no longer waits."""
    found = ReviewItem.objects.shown().filter(pk=notice.object_id, status="waiting").first()
    if found is None:
        raise NotWanted("It was decided, or its time is over.")
    return found


def item_letter(item: ReviewItem, subject: str, why: str) -> Letter:
    """Return the mail about an item.

    ``subject`` comes before the item's title in the subject; ``why`` is the first sentence.
    """
    tenant = Tenant.objects.get(pk=current_tenant_id())
    due = item.due_at.astimezone(ZoneInfo(tenant.timezone))
    proposals = list(item.proposals.filter(status="proposed").select_related("tool"))
    is_waiting = item.status == "waiting"
    # As on the page: hidden characters are spelt out.
    title, text = spelled_out(item.title), spelled_out(item.text_draft.words)
    links = Links(outside(tenant.slug))
    context: dict[str, Any] = {
        "tenant": tenant.name,
        "provider": Provider.objects.get().name,
        "title": title,
        "why": why,
        "effect": "".join(bit.text for bit in card.effect(proposals, tenant.locale)),
        "warnings": _warnings(item, proposals, tenant),
        "message": spelled_out(first_line(item.evidence.get("input"))),
        "asked_by": spelled_out(item.asked_by),
        "draft": text[:MOST] + ("…" if len(text) > MOST else ""),
        "model": item.evidence.get("model") or "a model",
        "due": f"{due:%A %-d %B, %H:%M} ({tenant.timezone})" if is_waiting else "",
        "link": links.page("item", str(item.pk)),
        "confirm": links.confirm(item) if is_waiting and item.kind != "exception" else "",
    }
    return Letter(
        subject=f"{tenant.name}: {subject}: {title}",
        text=rendered("email/item.txt", context),
        html=inlined("email/item.html", context),
        sender=context["provider"],
        brief=f"{as_sentence(title)} {context['effect'] or why}"
        + (f" Until {due:%a %H:%M} ({tenant.timezone})." * is_waiting),
        link=context["link"],
        is_urgent=is_waiting and batching.is_urgent(item.due_at, clock.now()),
    )


def _warnings(item: ReviewItem, proposals: list[Proposal], tenant: Tenant) -> list[str]:
    """Return the page's warnings: done already, a duplicate, or text and action differ."""
    done = [spelled_out(one.sentence(tenant)) for one in find_all_earlier(proposals)]
    done += [spelled_out(one) for one in checks.duplicates_as_edited(proposals, {})]
    return done + [
        spelled_out(one) for one in checks.item_disagreements(item, proposals, tenant.locale)
    ]


def for_decider(notice: Notice) -> ReviewItem:
    """Return the item of a notice. Raises NotWanted if the person may no longer decide it."""
    item = item_of_notice(notice)
    standing = item_events.standing_now(item)
    people = standing.board.everyone if standing else ()
    person = next((one.id for one in people if one.email == notice.to), None)
    if (
        standing is None
        or person is None
        or not item_events.is_recipient(standing, person, notice.kind)
    ):
        raise NotWanted("They are not asked about it any more.")
    return item
