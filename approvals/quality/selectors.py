"""The quality of recent approvals, person by person, in a fixed number of queries of LAST rows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F

from approvals.models import (
    CONTENT_KINDS,
    Decision,
    Planted,
    Proposal,
    SecondLook,
    SignOff,
)
from approvals.models.choices import CONTENT_CHOICES
from approvals.rules.phrases import show
from approvals.rules.quality_metrics import AGREES, Habits, Judged, Share, count_words, habits
from tenants import access, clock
from tenants.actors import Actor
from tenants.ids import first_id
from tenants.models import User
from tenants.roles import Capability

DAYS, LAST, SHOWN = 30, 2_000, 20


@dataclass(frozen=True, slots=True)
class ReviewerNumbers:
    """One person's numbers of the last DAYS: decisions, agreeing second looks, mistakes caught."""

    user: User
    habits: Habits
    agreed: Share
    caught: Share


@dataclass(frozen=True, slots=True)
class Quality:
    """The numbers for a client's quality page.

    ``is_capped`` says that older decisions of the period were not read.
    """

    people: list[ReviewerNumbers]
    disagreed: list[SecondLook]
    planted: list[Planted]
    is_capped: bool = False


@dataclass(slots=True)
class _Of:
    judged: list[Judged] = field(default_factory=list)
    looks: list[bool] = field(default_factory=list)
    finds: list[bool] = field(default_factory=list)


def require_quality_reader(actor: Actor) -> None:
    """Raise Forbidden for all but the provider's staff and the owners, as it is about people."""
    if actor.kind != "staff":
        access.require(actor, Capability.SET_POLICIES)


def quality(actor: Actor) -> Quality:
    """Return how the tenant's people approved in the last DAYS. Raises Forbidden."""
    require_quality_reader(actor)
    since = clock.now() - timedelta(days=DAYS)
    decided, signed = _decisions(since), _sign_offs(since)
    words = _words([*decided, *signed])
    of: dict[UUID, _Of] = defaultdict(_Of)
    for row in (*decided, *signed):
        judged = Judged(row["by_id"], row["at"], row["choice"], row["seconds"], words[row["of"]])
        of[judged.by].judged.append(judged)
    looks = _looks(since)
    for look in looks:
        of[look.item.decided_by_id].looks.append(look.choice in AGREES)
    planted = list(
        Planted.objects.filter(planted_at__gt=since)
        .select_related("by", "item", "planted_by")
        .order_by("-planted_at")[:LAST]
    )
    for one in planted:
        if one.outcome in ("caught", "missed") and one.by_id:
            of[one.by_id].finds.append(one.outcome == "caught")
    return Quality(
        people=_people(of),
        disagreed=[look for look in looks if look.choice not in AGREES][:SHOWN],
        planted=[one for one in planted if one.outcome or actor.kind == "staff"][:SHOWN],
        is_capped=max(len(decided), len(signed)) >= LAST,
    )


def _people(of: dict[UUID, _Of]) -> list[ReviewerNumbers]:
    users = User.objects.in_bulk(of)
    found = [
        ReviewerNumbers(
            users[pk],
            habits(one.judged),
            Share(sum(one.looks), len(one.looks)),
            Share(sum(one.finds), len(one.finds)),
        )
        for pk, one in of.items()
        if pk in users
    ]
    return sorted(found, key=lambda person: (-person.habits.decisions, str(person.user)))


def _decisions(since: datetime) -> list[dict[str, Any]]:
    """Return the last decisions about drafts and actions, without those that were taken back.

    Planted items have none.
    """
    # By id, which begins with the time: the primary key is the index, and ``at`` has none.
    rows = Decision.objects.filter(id__gte=first_id(since), choice__in=CONTENT_CHOICES)
    rows = rows.filter(item__kind__in=CONTENT_KINDS, round=F("item__round"))
    return _read(rows.order_by("-id"), choice=F("choice"))


def _sign_offs(since: datetime) -> list[dict[str, Any]]:
    """Return the last sign-offs, other than the yes that made the decision."""
    found = _read(SignOff.objects.filter(id__gte=first_id(since)).order_by("-id"))
    return [{**row, "choice": "accept"} for row in found]


def _read(rows: Any, **more: Any) -> list[dict[str, Any]]:
    fields = ("by_id", "at", "seconds", *more)
    return list(rows.values(*fields, of=F("item_id"), text=F("item__draft__text"))[:LAST])


def _words(rows: Iterable[dict[str, Any]]) -> dict[UUID, int]:
    """Return by item how many words a reviewer had to read: its text and its arguments."""
    texts: dict[UUID, list[str]] = {row["of"]: [str(row["text"] or "")] for row in rows}
    acts = Proposal.objects.filter(item_id__in=list(texts), revision=1)
    for item_id, args in acts.values_list("item_id", "args"):
        texts[item_id] += [
            value if isinstance(value, str) else show(value) for value in args.values()
        ]
    return {item_id: count_words(found) for item_id, found in texts.items()}


def _looks(since: datetime) -> list[SecondLook]:
    rows = SecondLook.objects.filter(at__gt=since).exclude(choice="")
    return list(rows.select_related("by", "item__decided_by").order_by("-at")[:LAST])
