"""Counts of waiting items for the sidebar, the queue's head and tabs, and the saved filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db.models import Q

from approvals.models import ReviewItem
from approvals.review import selectors
from approvals.review.counts import Part
from approvals.review.selectors import QueueView
from portal.review.queue import listing
from portal.review.queue.ordering import due_before, midnight
from portal.review.queue.params import (
    ASKED,
    DECIDED,
    EVERYONE,
    KIND_OF,
    LATER,
    MINE,
    TABS,
    TEAM,
    QueueParams,
)

DUE = "due"


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of items that wait for a person, or in one list."""

    review: int
    exceptions: int
    by_kind: dict[str, int] = field(default_factory=dict)
    due_today: int = 0
    later: int = 0
    is_capped: bool = False  # only the first ``selectors.COUNTED`` items were counted


@dataclass(frozen=True, slots=True)
class Numbers:
    """All counts of a page of the queue: ``mine`` for the sidebar, ``shown`` for the list.

    ``saved`` has the saved filters' counts, in their order. A capped count, shown with a plus, is
    of the first items only.
    """

    mine: Counts
    shown: Counts
    saved: list["Saved"]


@dataclass(frozen=True, slots=True)
class Saved:
    """The count of a saved filter; None where it is not counted."""

    count: int | None
    is_capped: bool = False


def view_filter(view: QueueParams, workflows: Mapping[str, UUID]) -> Q:
    """Return the condition of a view's filters by workflow and deadline."""
    found = Q()
    if view.workflow:
        workflow = workflows.get(view.workflow)
        found &= Q(workflow_id=workflow) if workflow else Q(pk__in=[])
    end = due_before(view.due)
    return found & Q(due_at__lt=end) if end else found


def counts_for(mine: QueueView) -> Counts:
    """Count the items that wait for the person, for the sidebar. One query."""
    return _counts(selectors.queue_counts([_part(mine, MINE)])[0])


def numbers_for(
    mine: QueueView, view: QueueParams, saved: Sequence[QueueParams], workflows: Mapping[str, UUID]
) -> Numbers:
    """Count the items of the sidebar, the list and the saved filters, in one query.

    Lists over the same items are counted together. A list filtered by workflow or deadline is
    counted by itself, as its items may lie beyond the first ``selectors.COUNTED``.
    """
    parts = {MINE: _part(mine, MINE)}
    for scope in {view.scope, *(one.scope for one in saved)}:
        parts.setdefault(_base(mine, scope), _part(mine, scope))
    for n, one in enumerate(saved):
        base = _base(mine, one.scope)
        parts[base] = _with(parts[base], f"saved{n}", one, mine, workflows)
    shown = _base(mine, view.scope)
    own = (mine.decides and shown != view.scope) or view.is_filtered
    if own:
        part = _part(mine, view.scope)
        parts["shown"] = replace(part, items=part.items.filter(view_filter(view, workflows)))
    found = dict(zip(parts, selectors.queue_counts(parts.values()), strict=True))
    return Numbers(
        _counts(found[MINE]),
        _counts(found["shown" if own else shown]),
        [_saved(found[_base(mine, one.scope)], f"saved{n}", one) for n, one in enumerate(saved)],
    )


def _base(mine: QueueView, scope: str) -> str:
    """Return the scope to count in place of ``scope``, so that equal scopes are counted once."""
    if not mine.decides or mine.where == Q():
        return MINE
    return EVERYONE if scope == TEAM and mine.decides_all else scope


def _part(mine: QueueView, scope: str) -> Part:
    wanted = {kind: Q(kind=kind) for kind, _ in ReviewItem.KINDS}
    wanted[DUE] = Q(due_at__lt=midnight()) & ~Q(kind="exception")
    if scope == MINE and mine.decides:
        return Part(mine.decidable(), wanted, snoozed=selectors.snoozes(mine.actor))
    return Part(listing.of(mine, scope), wanted)


def _with(
    part: Part, name: str, view: QueueParams, mine: QueueView, workflows: Mapping[str, UUID]
) -> Part:
    kind = KIND_OF.get(view.tab, "")
    of_kind = Q(kind=kind) if kind else ~Q(kind="exception")
    every = part.every | {name} if view.scope != MINE else part.every
    wanted = {**part.wanted, name: of_kind & view_filter(view, workflows)}
    return replace(part, wanted=wanted, every=every)


def _counts(found: Mapping[str, int]) -> Counts:
    kinds = {kind: found[kind] for kind, _ in ReviewItem.KINDS}
    return Counts(
        found["looked"] - found["exception"] - found["later"],
        found["exception"],
        kinds,
        found[DUE],
        found["later"],
        found["looked"] >= selectors.COUNTED,
    )


def _saved(found: Mapping[str, int], name: str, view: QueueParams) -> Saved:
    if view.words:
        return Saved(None)
    is_capped = found["looked"] >= selectors.COUNTED
    # A capped count of zero says nothing: matching items may come after the first COUNTED.
    return Saved(found[name] or None if is_capped else found[name], is_capped)


# -- Tabs -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the queue with its number of items; None where the tab is not counted."""

    key: str
    label: str
    count: int | None
    is_here: bool


def tabs(shown: Counts, put_off: int, here: str) -> list[Tab]:
    """Return the tabs above the list; ``put_off`` is the number of items the person has snoozed."""
    found = []
    for key, label, kind in TABS:
        count = shown.by_kind.get(kind, 0) if kind else shown.review
        found.append(Tab(key, label, count, key == here))
    if put_off or here == LATER:
        found.append(Tab(LATER, "Put off", put_off, here == LATER))
    found.append(Tab(ASKED, "Asked of me", None, here == ASKED))
    return [*found, Tab(DECIDED, "Decided", None, here == DECIDED)]
