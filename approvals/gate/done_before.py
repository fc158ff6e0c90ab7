"""Actions that were carried out before and do the same as a new one are found by their key.

A tool declares with CEL over the arguments what makes two actions the same (``same_as``, as
``args.order``), and for how many days that counts. Only actions of tools that declare it cost a
query.
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
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from approvals.models import Permit, Proposal, Tool
from approvals.rules import expressions
from approvals.rules.hidden_characters import is_hidden
from approvals.rules.phrases import titled
from audit.canonical import sha256
from tenants import clock
from tenants.errors import Invalid
from tenants.models import Tenant

# Statuses of actions that were carried out or may have been: a person should know of both.
TOOK_PLACE = ("executed", "in_doubt", "executing")
MOST = 5
MOST_PAST = 5_000  # actions recomputed when a tool's declaration changes


@dataclass(frozen=True, slots=True)
class EarlierAction:
    """An action that was carried out before.

    ``at`` is when it was carried out, or begun where the end is unknown.
    """

    item_id: UUID
    title: str
    at: datetime
    by: str
    is_sure: bool

    def sentence(self, tenant: Tenant) -> str:
        """Return the sentence people are told about the earlier action."""
        return f"{self.when(tenant)}: {self.what}"

    @property
    def what(self) -> str:
        """The action's title and who approved it."""
        return f"{self.title}, approved by {self.by}."

    def when(self, tenant: Tenant) -> str:
        """Return whether and on which day of the client's time zone it was done."""
        day = self.at.astimezone(ZoneInfo(tenant.timezone)).date()
        when = format_date(day, "d MMM y", locale="en_US")
        began = "Done already" if self.is_sure else "May have been done already"
        return f"{began} on {when}"


def same_key(tool: Tool, args: dict[str, Any]) -> str:
    """Return the key that equal actions share; empty where the tool declares none."""
    if not tool.same_as:
        return ""
    try:
        value = _normalized(expressions.evaluate(tool.same_as, {"args": args}))
        return sha256({"kind": tool.kind, "same": value}) if value not in (None, "", []) else ""
    except Invalid:
        return ""  # an argument is missing, so the action is like no other


def _normalized(value: Any) -> Any:
    """Return a value as people read it: hidden characters and odd spaces make no difference."""
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
    """Return the latest earlier actions with this key within the tool's days, newest first.

    At most MOST, without those of the item ``but_item``. One query, or none for an empty key.
    """
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
    """Return an annotation: when the action was carried out, or begun where the end is unknown."""
    # Void ones are never redeemed: so the index of live ones answers.
    redeemed = Permit.objects.filter(proposal=OuterRef("pk"), void_because="", status="redeemed")
    return Coalesce("executed_at", Subquery(redeemed.values("redeemed_at")[:1]))


def is_done_already(now: Combinable | None = None) -> Exists:
    """Return an annotation: whether the same action was carried out for another item.

    ``now`` is the present time as a parameter, for a compiled query.

    The condition on the key lets the partial index answer, and proposals without a key cost
    nothing.
    """
    window = ExpressionWrapper(
        OuterRef("tool__same_days") * Value(timedelta(days=1)), output_field=DurationField()
    )
    since = ExpressionWrapper((now or Value(clock.now())) - window, output_field=DateTimeField())
    same = _carried_out().filter(same_key=OuterRef("same_key")).exclude(same_key="")
    recent = same.annotate(took_place=_carried_out_at()).filter(took_place__gte=since)
    return Exists(recent.exclude(item_id=OuterRef("item_id")))


def duplicate_sentences(actions: Iterable[tuple[Tool, dict[str, Any]]]) -> list[str]:
    """Return a sentence for each action that is the same as an earlier one of ``actions``."""
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
    """Recompute the key of actions carried out lately, after the tool's declaration changed."""
    since = clock.now() - timedelta(days=tool.same_days)
    rows = Proposal.objects.filter(tool=tool, status__in=TOOK_PLACE, made_at__gte=since)
    past = list(rows.order_by("-made_at").only("args", "same_key")[:MOST_PAST])
    for one in past:
        one.same_key = same_key(tool, one.args)
    Proposal.objects.bulk_update(past, ["same_key"], batch_size=500)


def find_all_earlier(proposals: Iterable[Proposal]) -> list[EarlierAction]:
    """Return the earlier actions that did the same as these proposals, one for each item.

    One query for each proposal with a key.
    """
    found: dict[UUID, EarlierAction] = {}
    for one in proposals:
        for done in find_earlier(one.same_key, one.tool, but_item=one.item_id):
            found.setdefault(done.item_id, done)
    return list(found.values())
