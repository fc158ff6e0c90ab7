"""Done before: what was carried out already that is the same thing as an action.

A tool declares what makes two actions the same with CEL over their arguments (``same_as``), as
``args.order``, and for how many days that matters. Only its actions cost a query here.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from django.db.models import (
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from approvals.models import Permit, Proposal, Tool
from approvals.rules import expressions
from approvals.rules.hidden_characters import is_hidden
from approvals.rules.phrases import titled
from audit.canonical import sha256
from tenants import clock
from tenants.errors import Invalid
from tenants.models import Tenant

# What has happened, or may have: a person should know of either.
TOOK_PLACE = ("executed", "in_doubt", "executing")
MOST = 5
MOST_PAST = 5_000  # actions that are looked at when a tool's declaration changes


@dataclass(frozen=True, slots=True)
class EarlierAction:
    """An earlier action. ``at`` is when it was carried out, or begun where nobody knows."""

    item_id: UUID
    title: str
    at: datetime
    by: str
    is_sure: bool

    def sentence(self, tenant: Tenant) -> str:
        """What people are told of it."""
        return f"{self.when(tenant)}: {self.what}"

    @property
    def what(self) -> str:
        """What was done, and who approved it."""
        return f"{self.title}, approved by {self.by}."

    def when(self, tenant: Tenant) -> str:
        """Whether and when it was done, in the client's day."""
        day = self.at.astimezone(ZoneInfo(tenant.timezone)).date()
        when = format_date(day, "d MMM y", locale="en_US")
        began = "Done already" if self.is_sure else "May have been done already"
        return f"{began} on {when}"


def same_key(tool: Tool, args: dict[str, Any]) -> str:
    """What an action has in common with those that are the same thing; empty for none."""
    if not tool.same_as:
        return ""
    try:
        value = _normalized(expressions.evaluate(tool.same_as, {"args": args}))
        return sha256({"kind": tool.kind, "same": value}) if value not in (None, "", []) else ""
    except Invalid:
        return ""  # it lacks what would make it the same as another


def _normalized(value: Any) -> Any:
    """A value as people read it: what nobody sees makes no difference, nor do odd spaces."""
    match value:
        case str():
            seen = "".join(" " if c.isspace() else c for c in value if not _is_unseen(c))
            return " ".join(unicodedata.normalize("NFKC", seen).split())
        case dict():
            return {_normalized(name): _normalized(one) for name, one in value.items()}
        case list():
            return [_normalized(one) for one in value]
    return value


def _is_unseen(char: str) -> bool:
    return is_hidden(char) and not char.isspace()


def find_earlier(key: str, tool: Tool, *, but_item: UUID | None = None) -> list[EarlierAction]:
    """The latest of the same within the tool's days, newest first. One query, or none."""
    if not key:
        return []
    since = clock.now() - timedelta(days=tool.same_days)
    rows = (
        _carried_out()
        .annotate(took_place=_carried_out_at())
        .filter(same_key=key, took_place__gte=since)
        .exclude(item_id=but_item)
        .select_related("tool", "item__decided_by")
        .order_by("-took_place")
    )
    return [
        EarlierAction(
            item_id=one.item_id,
            title=titled(one.tool, one.args),
            at=one.took_place,
            by=str(one.item.decided_by or "nobody"),
            is_sure=one.status == "executed",
        )
        for one in rows[:MOST]
    ]


def _carried_out() -> QuerySet[Proposal]:
    return Proposal.objects.filter(status__in=TOOK_PLACE, planted=False)


def _carried_out_at() -> Coalesce:
    """When an action was carried out, or begun where nobody knows, for an annotation."""
    redeemed = Permit.objects.filter(proposal=OuterRef("pk"), status="redeemed")
    return Coalesce("executed_at", Subquery(redeemed.values("redeemed_at")[:1]))


def is_done_already() -> Exists:
    """Whether the same as a proposal was carried out for another item, for an annotation.

    The condition on the key lets the partial index answer, and proposals without one cost nothing.
    """
    window = ExpressionWrapper(
        OuterRef("tool__same_days") * Value(timedelta(days=1)), output_field=DurationField()
    )
    since = ExpressionWrapper(Value(clock.now()) - window, output_field=DateTimeField())
    same = _carried_out().filter(same_key=OuterRef("same_key")).exclude(same_key="")
    recent = same.annotate(took_place=_carried_out_at()).filter(took_place__gte=since)
    return Exists(recent.exclude(item_id=OuterRef("item_id")))


def duplicate_sentences(actions: Iterable[tuple[Tool, dict[str, Any]]]) -> list[str]:
    """A sentence for each action that is the same thing as an earlier one of these."""
    first: dict[str, str] = {}
    found = []
    for tool, args in actions:
        key, title = same_key(tool, args), titled(tool, args)
        if key and key in first:
            found.append(f"Asked for twice here: {first[key]}, and {title}.")
        elif key:
            first[key] = title
    return found


def update_past_keys(tool: Tool) -> None:
    """Give what a tool carried out lately the key of its declaration, where that has changed."""
    since = clock.now() - timedelta(days=tool.same_days)
    rows = Proposal.objects.filter(tool=tool, status__in=TOOK_PLACE, made_at__gte=since)
    past = list(rows.order_by("-made_at").only("args", "same_key")[:MOST_PAST])
    for one in past:
        one.same_key = same_key(tool, one.args)
    Proposal.objects.bulk_update(past, ["same_key"], batch_size=500)


def find_all_earlier(proposals: Iterable[Proposal]) -> list[EarlierAction]:
    """What was done before of an item's actions, each once. A query for each that declares it."""
    found: dict[UUID, EarlierAction] = {}
    for one in proposals:
        for done in find_earlier(one.same_key, one.tool, but_item=one.item_id):
            found.setdefault(done.item_id, done)
    return list(found.values())
