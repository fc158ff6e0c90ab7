"""Comments on an item ask colleagues and answer them. A comment decides and changes nothing."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from approvals.models import Comment, ReviewItem
from approvals.review.selectors import get_item
from audit import outbox
from audit.services import record
from audit.verbs import Verb
from tenants import clock
from tenants.actors import Actor
from tenants.db import unit_of_work
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.ids import uuid7
from tenants.models import Membership
from tenants.scope import current_tenant_id

ASKED = "item.asked"  # topic: a comment that mentions people
LONGEST = 2_000
MOST_MENTIONED = 20


def comment(item_id: UUID, text: str, asks: Sequence[UUID] = (), *, actor: Actor) -> Comment:
    """Add a comment to a waiting or routed item, and mention the people in ``asks``.

    Any person who sees the item may comment; the first comment must mention a person. Raises
    NotFound, Forbidden for machines, Conflict for an item that does not wait any more, Invalid for
    a text that is empty or too long and for people who are not members.
    """
    item = get_item(item_id)
    if not actor.is_human:
        raise Forbidden("Only people ask and answer here.", code="machine")
    if not allows_comments(item):
        raise Conflict(
            "This does not wait any more, so nothing is asked about it.", code="wrong_state"
        )
    mentioned = _mentioned_names(asks, actor)
    if not mentioned and not Comment.objects.filter(item=item).exists():
        raise Invalid("Choose whom you ask.", code="nobody_asked")
    made = Comment(
        id=uuid7(),
        item=item,
        by_id=actor.person_id,
        at=clock.now(),
        text=_words(text),
        asks=[str(one) for one in mentioned],
    )
    unit_of_work.insert(made)
    if mentioned:
        record(Verb.ITEM_ASKED, item, actor=actor, after={"asked": list(mentioned.values())})
        outbox.enqueue(ASKED, made.pk)
    else:
        record(Verb.ITEM_ANSWERED, item, actor=actor)
    return made


def allows_comments(item: ReviewItem) -> bool:
    """Return whether comments may be added: the item waits, or was routed to people."""
    if item.status == "waiting":
        return clock.now() < item.due_at
    return item.status == "decided" and item.choice == "accept" and bool(item.text_draft.route_to)


def _words(text: str) -> str:
    said = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not said:
        raise Invalid("Write what you want to say.", code="no_words")
    if len(said) > LONGEST:
        raise Invalid(f"Write at most {LONGEST:,} characters.", code="too_long")
    return said


def _mentioned_names(asks: Sequence[UUID], actor: Actor) -> dict[UUID, str]:
    """Return the names of the mentioned people by id, each once.

    A person of another tenant gives the same error as one who does not exist.
    """
    wanted = set(asks)
    if len(wanted) > MOST_MENTIONED:
        raise Invalid(f"Ask at most {MOST_MENTIONED} people.", code="too_many")
    if actor.id in wanted:
        raise Invalid("Ask somebody else than yourself.", code="oneself")
    found = mentionable().filter(user_id__in=wanted)
    names = {one.user_id: str(one.user) for one in found}
    if len(names) != len(wanted):
        raise Invalid("Ask people who belong to this business now.", code="not_here")
    return names


def mentionable() -> QuerySet[Membership]:
    """Return the active members of the current tenant, by name."""
    found = Membership.objects.filter(
        tenant_id=current_tenant_id(), is_active=True, user__is_active=True
    )
    return found.select_related("user").order_by("user__name", "user__email")
