"""The sidebar of an item's page is read in one statement.

It has comments, sign-offs, edits, what the person saw last, and related items.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    F,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    UUIDField,
    Value,
)
from django.db.models.functions import Coalesce, JSONObject, NullIf

from approvals.models import Comment, ItemRevision, Looking, ReviewItem, SignOff
from approvals.review import selectors
from approvals.review.visibility import ANY_VIEWER
from tenants import clock
from tenants.actors import Actor
from tenants.db.compiled import Param, compile_once
from tenants.db.packed_json import PackedJSONField

MOST_SAID = 100
SHOWN = 5
FEW = 3  # decided items of the same customer
# Triggers whose requests come from outside under a customer's name.
FROM_OUTSIDE = ("api", "mail")
EDITS = PackedJSONField()
# Columns of an item that is shown as a sibling.
SIBLING = ("id", "title", "status", "choice", "due_at", "decided_at")
KEY = "API key "  # begins ``asked_by`` where the client's system names no customer


@dataclass(frozen=True, slots=True)
class Said:
    """A comment in the sidebar."""

    by_id: UUID
    by: str
    at: datetime
    text: str
    asks: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """A sign-off or an edit of the item. An edit's ``content_hash`` is of the content before it."""

    by_id: UUID
    by: str
    at: datetime
    content_hash: str
    edits: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sibling:
    """An item of the same run or customer."""

    id: UUID
    title: str
    status: str
    choice: str
    due_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sidebar:
    """All parts of the sidebar. Lists of siblings have one more than is shown, if there are more.

    ``seen`` is the hash of the content the person saw last; ``seen_draft`` is the draft as it was
    then, if it was edited since. ``first_draft`` is the draft before any edit.
    """

    said: list[Said]
    signed: list[Act]
    edited: list[Act]
    seen: str
    seen_draft: dict[str, Any] | None
    first_draft: dict[str, Any] | None
    snoozed_until: datetime | None
    accepted: int
    alike: int
    of_run: list[Sibling]
    waiting: list[Sibling]
    decided: list[Sibling]


def customer(item: ReviewItem) -> str:
    """Return who outside asked for the item; empty where no customer did.

    That is so for a schedule, a person of the client, and a run that another workflow started.
    """
    outside = item.evidence.get("trigger") in FROM_OUTSIDE
    return item.asked_by if outside and not item.asked_by.startswith(KEY) else ""


def read_sidebar(item: ReviewItem, actor: Actor) -> Sidebar:
    """Read the sidebar of an item for ``actor``, in one statement."""
    asked_by = customer(item)
    row: Any = _sidebar(item.planted, bool(asked_by)).row(
        item=item.pk,
        run=item.run_id,
        customer=asked_by,
        workflow=item.workflow_id,
        kind=item.kind,
        person=actor.id,
        now=clock.now(),
    )
    last = row["last"]
    return Sidebar(
        said=[_said(one) for one in reversed(row["said"])],
        signed=[_act(one) for one in row["signed"]],
        edited=[_act(one) for one in row["edited"]],
        seen=row["seen"] or "",
        seen_draft=row["seen_draft"],
        first_draft=row["first_draft"],
        snoozed_until=row["snoozed"],
        accepted=last["accepted"],
        alike=last["alike"],
        of_run=[_sibling(one) for one in row["of_run"] or ()],
        waiting=[_sibling(one) for one in row["waiting"] or ()],
        decided=[_sibling(one) for one in last["theirs"] or ()],
    )


class LastDecided(Subquery):
    """Last decided items, read once: those alike are counted, those of the customer listed.

    Its queryset gives SIBLING, ``alike`` and ``theirs``. Joining these items to all others instead,
    for each of the two, costs more with each item there is.
    """

    template = f"""(WITH last AS MATERIALIZED (%(subquery)s) SELECT jsonb_build_object(
    'alike', (SELECT count(*) FROM last WHERE alike),
    'accepted', (SELECT count(*) FROM last WHERE alike AND choice = 'accept'),
    'theirs', (SELECT jsonb_agg(to_jsonb(t)) FROM (
        SELECT {", ".join(SIBLING)} FROM last WHERE theirs
        ORDER BY decided_at DESC, id DESC LIMIT {SHOWN + 1}) t)))"""
    output_field = JSONField()


@compile_once
def _sidebar(planted: bool, has_customer: bool) -> QuerySet[Any, Any]:
    item, person = Param("item", UUIDField()), Param("person", UUIDField())
    said = Comment.objects.filter(item=OuterRef("pk")).order_by("-at", "-id")[:MOST_SAID]
    signed = SignOff.objects.filter(item=OuterRef("pk"), content_hash=OuterRef("content_hash"))
    edited = ItemRevision.objects.filter(item=OuterRef("pk")).order_by("number")
    snoozes = selectors.snoozes(ANY_VIEWER).filter(item=OuterRef("pk"))
    seen = Looking.objects.filter(item=OuterRef("pk"), person_id=person).values("content_hash")
    looked_at = Looking.objects.filter(item=item, person_id=person).values("content_hash")
    drafts = ItemRevision.objects.filter(item=item, content_hash__in=looked_at)
    others = ReviewItem.objects.shown().exclude(pk=item).exclude(kind="undo")
    # A planted item belongs to no run; a list of its run must not give it away.
    of_run = others.filter(run_id=Param("run", UUIDField()), planted=False).order_by("-id")
    of_run = of_run.none() if planted else of_run
    of_customer = Q(asked_by=Param("customer", TextField())) & ~Q(pk=item)
    if not planted:
        of_customer &= ~Q(run_id=Param("run", UUIDField()))
    waiting = others.filter(of_customer, status="waiting") if has_customer else others.none()
    theirs = ExpressionWrapper(of_customer, BooleanField()) if has_customer else Value(False)
    of: dict[str, Any] = {"content_hash": F("content_hash")}
    return (
        ReviewItem.objects.shown()
        .filter(pk=item)
        .values(
            said=_rows(said, at=F("at"), text=F("text"), asks=F("asks")),
            signed=_rows(signed.order_by("at", "id"), at=F("at"), **of),
            edited=_rows(edited, "changed_by", at=F("changed_at"), **of, edits=F("edits")),
            seen=Subquery(seen),
            seen_draft=Subquery(drafts.order_by("number").values("draft")[:1]),
            first_draft=Subquery(edited.values("draft")[:1]),
            snoozed=Subquery(snoozes.values("until")),
            last=LastDecided(_last_decided(theirs)),
            of_run=_siblings(of_run),
            waiting=_siblings(waiting.order_by("due_at", "id")),
        )
    )


def _rows(found: QuerySet[Any], who: str = "by", **fields: F) -> ArraySubquery:
    """Return rows as JSON, each with the id and the name of a person."""
    name = Coalesce(NullIf(f"{who}__name", Value("")), f"{who}__email")
    return ArraySubquery(found.values(row=JSONObject(by_id=F(f"{who}_id"), by=name, **fields)))


def _siblings(found: QuerySet[ReviewItem]) -> ArraySubquery:
    row = JSONObject(**{name: F(name) for name in SIBLING})
    return ArraySubquery(found.values(row=row)[: SHOWN + 1])


def _last_decided(theirs: Any) -> QuerySet[Any, Any]:
    """Return the tenant's last ALIKE decided items, and of each whether it is alike or theirs."""
    alike = Q(workflow_id=Param("workflow", UUIDField()), kind=Param("kind", TextField()))
    shown = {"alike": ExpressionWrapper(alike, BooleanField()), "theirs": theirs}
    found: QuerySet[Any, Any] = selectors.decided_items().values(*SIBLING, **shown)
    return found[: selectors.ALIKE]


def _said(row: dict[str, Any]) -> Said:
    asks = tuple(UUID(one) for one in row["asks"])
    return Said(UUID(row["by_id"]), row["by"], _time(row["at"]), row["text"], asks)


def _act(row: dict[str, Any]) -> Act:
    packed = row.get("edits")
    edits = EDITS.read(packed) if packed else {}
    return Act(UUID(row["by_id"]), row["by"], _time(row["at"]), row["content_hash"], edits)


def _sibling(row: dict[str, Any]) -> Sibling:
    decided_at = row["decided_at"] and _time(row["decided_at"])
    times = {"due_at": _time(row["due_at"]), "decided_at": decided_at}
    return Sibling(**{**row, **times, "id": UUID(row["id"])})


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
