"""Queries of the review queue, of items, decisions, proposals and permits."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Prefetch, Q, QuerySet, TextField, Value
from django.db.models.expressions import Combinable, Expression
from django.db.models.functions import Cast, Concat, JSONObject, Upper

from approvals.models import CONTENT_KINDS, Decision, Permit, Proposal, ReviewItem, Snooze, Tool
from approvals.queries import People
from approvals.review.visibility import (
    ANY_VIEWER,
    Reach,
    Viewer,
    reach_of,
    viewer_of,
    viewer_values,
)
from tenants import access, clock
from tenants.actors import Actor
from tenants.db.compiled import LikeAll, OneOf, Param, compile_once
from tenants.db.hydrate import from_json
from tenants.db.lookup import get_or_not_found
from tenants.errors import NotFound
from tenants.roles import Capability

COUNTED = 10_000
SEARCHED = 4_000
MOST_WORDS = 8
ALIKE = 300


def queue() -> QuerySet[ReviewItem]:
    """Return the waiting items in the order of the queue: the earliest deadline first.

    Planted items are in it. A count or a report adds ``planted=False``.
    """
    return ReviewItem.objects.shown().filter(status="waiting").order_by("due_at", "id")


def decided_items() -> QuerySet[ReviewItem]:
    """Return the decided items, newest first; without undos, as nobody decides those."""
    found = ReviewItem.objects.filter(decided_at__isnull=False).exclude(kind="undo")
    return found.order_by("-decided_at", "-id")


def items_matching(
    items: QuerySet[ReviewItem], patterns: Expression, *, asked: Combinable
) -> QuerySet[ReviewItem]:
    """Return those of the first SEARCHED of these items that are like every pattern.

    ``patterns`` is an array as ``search_patterns`` gives it. Searched are, in any case, the title,
    who asked, and the expression ``asked``.
    """
    said = Cast(asked, TextField())
    told = Upper(
        Concat("title", Value(" "), "asked_by", Value(" "), said, output_field=TextField())
    )
    found = ReviewItem.objects.shown().filter(pk__in=items.values("pk")[:SEARCHED])
    return found.filter(LikeAll(told, patterns)).order_by(*items.query.order_by)


def search_patterns(text: str) -> list[str]:
    """Return the patterns of the words to search for, for texts in capitals."""
    # Like upper() in Postgres, one character for one: Python's own makes "SS" of "ß".
    upper = "".join(big if len(big := char.upper()) == 1 else char for char in text)
    words = upper.split()[:MOST_WORDS]
    return [f"%{re.sub(r'([\\%_])', r'\\\1', word)}%" for word in words]


def snoozes(viewer: Viewer) -> QuerySet[Snooze]:
    """Return the person's snoozes that have not ended."""
    return Snooze.objects.filter(person_id=viewer.person, until__gt=viewer.now)


@dataclass(frozen=True, slots=True)
class QueueItems:
    """The items of the queue, by what a person may do with them.

    With ANY_VIEWER they are for a compiled query, whose parameters are the person's values.
    """

    reach: Reach
    viewer: Viewer = ANY_VIEWER

    def team(self) -> QuerySet[ReviewItem]:
        """Return the items in the workflows the person decides in, whether they may or not."""
        where = self.reach.team(self.viewer)
        return queue().none() if where is None else queue().filter(where)

    def decidable(self) -> QuerySet[ReviewItem]:
        """Return the items of the queue that the person may decide."""
        where = self.reach.decidable(self.viewer)
        return queue().none() if where is None else queue().filter(where)

    def snoozed(self) -> QuerySet[ReviewItem]:
        """Return the items the person has snoozed, in the order of the queue."""
        return self.decidable().filter(pk__in=snoozes(self.viewer).values("item_id"))

    def awake(self) -> QuerySet[ReviewItem]:
        """Return the items the person may decide and has not snoozed."""
        return self.decidable().exclude(pk__in=snoozes(self.viewer).values("item_id"))


@dataclass(frozen=True, slots=True)
class QueueView:
    """The queue as one person sees it. Made once a request, because it may read the policies."""

    actor: Actor
    reach: Reach
    people: People | None = None

    @property
    def decides(self) -> bool:
        """Whether the person decides in some workflow, or may be granted one."""
        return self.actor.has(Capability.DECIDE) or Capability.DECIDE in self.actor.by_grant

    @property
    def items(self) -> QueueItems:
        """The items of the queue for this person."""
        return QueueItems(self.reach, viewer_of(self.actor, self.people))

    @property
    def values(self) -> dict[str, Any]:
        """The person's values for the parameters of ANY_VIEWER."""
        return viewer_values(self.actor, self.people)

    def may_decide(self, item: ReviewItem) -> bool:
        """Return whether the person's role or grants let them decide the item, without policies.

        No query where the people were read with their grants.
        """
        actor, needs = self.actor, item.capability
        if self.people is None or needs not in actor.by_grant or actor.has(needs):
            return access.may(actor, needs, item.workflow_id)
        granted = {person.id: workflows for person, workflows in self.people.everyone}
        return item.workflow_id in granted.get(actor.person_id, frozenset())


def queue_view(actor: Actor) -> QueueView:
    """Return the queue as this person sees it."""
    return QueueView(actor, *reach_of(actor))


def get_item(item_id: UUID, items: QuerySet[ReviewItem] | None = None) -> ReviewItem:
    """Return one item, of ``items`` or of all that people are shown. Raises NotFound."""
    shown = ReviewItem.objects.shown()
    return get_or_not_found(shown if items is None else items, "item", pk=item_id)


def items_in_full() -> QuerySet[ReviewItem]:
    """Return items with who decided them, and their proposals in order with their tools."""
    actions = Proposal.objects.select_related("tool").order_by("position", "revision")
    found = ReviewItem.objects.shown().select_related("decided_by")
    return found.prefetch_related(Prefetch("proposals", actions))


def get_full_item(item_id: UUID) -> ReviewItem:
    """Return one item as ``items_in_full`` gives it. Raises NotFound."""
    item = _one_item().row(item=item_id)
    if item is None:
        raise NotFound.of("item")
    give_proposals([item], _actions_of().rows(items=[item_id]))
    return item


def give_proposals(items: Iterable[ReviewItem], proposals: Iterable[Any]) -> None:
    """Let ``item.proposals.all()`` of each item be its own of ``proposals``, without a query.

    They come from ``actions_with_tools``.
    """
    of: dict[UUID, list[Proposal]] = {}
    for proposal in proposals:
        proposal.tool = _tool_from(proposal.tool_row)
        of.setdefault(proposal.item_id, []).append(proposal)
    for item in items:
        # As ``prefetch_related`` leaves them.
        found: Any = QuerySet(Proposal)
        found._result_cache = of.get(item.pk, [])
        vars(item)["_prefetched_objects_cache"] = {"proposals": found}


def actions_with_tools() -> QuerySet[Proposal]:
    """Return proposals in order, each with its tool's row as JSON text, for ``give_proposals``.

    Actions of one list have few tools: a row is made into a Tool once and not once an action.
    """
    return Proposal.objects.annotate(tool_row=_TOOL_ROW).order_by("position", "revision")


_TOOL_ROW = Cast(
    JSONObject(**{str(f.column): F(f"tool__{f.attname}") for f in Tool._meta.concrete_fields}),
    TextField(),
)


# The key is the row itself, so a changed tool never finds a stale entry.
@lru_cache(maxsize=1024)
def _tool_from(row: str) -> Tool:
    """Return the tool of a row. The same row gives the same object, which nobody may change."""
    return from_json(Tool, json.loads(row))


@compile_once
def _one_item() -> QuerySet[ReviewItem]:
    return ReviewItem.objects.shown().select_related("decided_by").filter(pk=Param("item"))


@compile_once
def _actions_of() -> QuerySet[Proposal]:
    return actions_with_tools().filter(OneOf("item_id", "items"))


def attempt(item: ReviewItem, number: int) -> ReviewItem | None:
    """Return another attempt at the same text of the same run, or None."""
    if item.kind not in CONTENT_KINDS:
        return None
    of = ReviewItem.objects.filter(run_id=item.run_id, kind__in=CONTENT_KINDS, attempt=number)
    return of.filter(draft__step=item.text_draft.step).first()


def undos_of(item: ReviewItem) -> QuerySet[ReviewItem]:
    """Return the undo items of an item, in order, with their actions and decisions."""
    asked = items_in_full().filter(run_id=item.run_id, kind="undo", step=item.step)
    return asked.filter(draft__undoes=str(item.pk)).prefetch_related("decisions").order_by("id")


def decision_of(item: ReviewItem) -> Decision | None:
    """Return the item's decision of its present round, or None."""
    return item.decisions.filter(round=item.round).select_related("by").first()


def acceptance(workflow_ids: Iterable[UUID], *, days: int = 90) -> dict[UUID, dict[str, int]]:
    """Return by workflow how often each choice was made lately, exceptions left out."""
    rows = (
        ReviewItem.objects.filter(
            workflow_id__in=list(workflow_ids),
            status="decided",
            decided_at__gte=clock.now() - timedelta(days=days),
        )
        .exclude(kind__in=("exception", "undo"))
        .order_by()
        .values_list("workflow_id", "choice")
        .annotate(n=Count("id"))
    )
    found: dict[UUID, dict[str, int]] = {}
    for workflow_id, choice, n in rows:
        found.setdefault(workflow_id, {})[choice] = n
    return found


def proposals_of_run(run_id: UUID) -> QuerySet[Proposal]:
    """Return the actions of a run; a corrected one comes after the one it replaced."""
    found = Proposal.objects.filter(item__run_id=run_id, planted=False).select_related("tool")
    return found.order_by("item_id", "position", "revision")


def decisions_of(item_ids: Iterable[UUID]) -> QuerySet[Decision]:
    """Return the decisions on these items with who made them, without those taken back."""
    stand = Decision.objects.filter(round=F("item__round"))
    return stand.filter(item_id__in=list(item_ids)).select_related("by")


def permits_of(proposal_ids: Iterable[UUID]) -> QuerySet[Permit]:
    """Return the permits issued for these actions, in order, void ones too."""
    # Both halves of all rows: each has an index of its own.
    halves = Q(void_because="") | ~Q(void_because="")
    return Permit.objects.filter(halves, proposal_id__in=list(proposal_ids)).order_by("id")
