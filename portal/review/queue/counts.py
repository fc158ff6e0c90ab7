"""Counts of waiting items for the sidebar, the queue's head and tabs, and the saved filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import DateTimeField, Q

from approvals.models import ReviewItem
from approvals.review import selectors
from approvals.review.counts import CappedCounts, Part
from approvals.review.selectors import QueueItems, QueueView
from approvals.review.visibility import Reach
from portal.review.queue import listing
from portal.review.queue.ordering import due_times
from portal.review.queue.params import (
    ASKED,
    DECIDED,
    EVERYONE,
    KIND_OF,
    LATER,
    MINE,
    TABS,
    TEAM,
    TODAY,
    QueueParams,
)
from tenants.db.compiled import MOST_SHAPES, Param, compiling

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


@dataclass(frozen=True, slots=True)
class CountedList:
    """A list that is counted: its scope, kind and filters.

    ``workflow`` is the name of the parameter of its workflow's id; empty for a list of all
    workflows, None for a workflow that is not there.
    """

    scope: str
    kind: str
    workflow: str | None
    due: str

    @property
    def where(self) -> Q:
        """The condition of the filters."""
        given = None if self.workflow is None else bool(self.workflow)
        return listing.filters(given, self.due, self.workflow or "")

    @property
    def is_filtered(self) -> bool:
        """Whether a filter by workflow or deadline is set."""
        return self.workflow != "" or bool(self.due)


@dataclass(frozen=True, slots=True)
class CountShape:
    """What a page counts, without its values. ``shown`` is None for the sidebar alone."""

    reach: Reach
    decides: bool
    shown: CountedList | None = None
    saved: tuple[CountedList, ...] = ()

    def base(self, scope: str) -> str:
        """Return the scope to count instead of ``scope``, so that equal ones are counted once."""
        if not self.decides or self.reach.is_everything:
            return MINE
        return EVERYONE if scope == TEAM and self.reach.by_role else scope

    @property
    def shown_apart(self) -> bool:
        """Whether the list is counted by itself.

        One filtered by workflow or deadline is, as its items may lie beyond the first COUNTED.
        """
        shown = self.shown
        if shown is None:
            return False
        return (self.decides and self.base(shown.scope) != shown.scope) or shown.is_filtered


@dataclass(frozen=True, slots=True)
class Counting:
    """The statement that counts a page's lists, and the scope that each of its rows is of."""

    keys: tuple[str, ...]
    statement: CappedCounts


def counts_for(mine: QueueView) -> Counts:
    """Count the items that wait for the person, for the sidebar. One query."""
    return _counts(_found(CountShape(mine.reach, mine.decides), mine, {})[MINE])


def numbers_for(
    mine: QueueView, view: QueueParams, saved: Sequence[QueueParams], workflows: Mapping[str, UUID]
) -> Numbers:
    """Count the items of the sidebar, the list and the saved filters, in one query.

    Lists over the same items are counted together.
    """
    slugs = {one.workflow: f"workflow {n}" for n, one in enumerate((view, *saved)) if one.workflow}
    names = {slug: name if slug in workflows else None for slug, name in slugs.items()}
    values = {name: workflows.get(slug) for slug, name in slugs.items()}

    def counted(one: QueueParams) -> CountedList:
        kind = KIND_OF.get(one.tab, "")
        return CountedList(one.scope, kind, names[one.workflow] if one.workflow else "", one.due)

    shape = CountShape(mine.reach, mine.decides, counted(view), tuple(map(counted, saved)))
    found = _found(shape, mine, values)
    return Numbers(
        _counts(found[MINE]),
        _counts(found["shown" if shape.shown_apart else shape.base(view.scope)]),
        [_saved(found[shape.base(one.scope)], f"saved{n}", one) for n, one in enumerate(saved)],
    )


def _found(
    shape: CountShape, mine: QueueView, values: Mapping[str, Any]
) -> dict[str, Mapping[str, int]]:
    counting = _counting(shape, selectors.COUNTED)
    rows = counting.statement.count({**mine.values, **due_times(), **values})
    return dict(zip(counting.keys, rows, strict=True))


@lru_cache(maxsize=MOST_SHAPES)
def _counting(shape: CountShape, most: int) -> Counting:
    with compiling():
        parts = _parts(shape)
        return Counting(tuple(parts), CappedCounts(parts.values(), most))


def _parts(shape: CountShape) -> dict[str, Part]:
    lists = [*([shape.shown] if shape.shown else []), *shape.saved]
    parts = {MINE: _part(shape, MINE)}
    for scope in {one.scope for one in lists}:
        parts.setdefault(shape.base(scope), _part(shape, scope))
    for n, one in enumerate(shape.saved):
        base = shape.base(one.scope)
        parts[base] = _with(parts[base], f"saved{n}", one)
    if shape.shown and shape.shown_apart:
        part = _part(shape, shape.shown.scope)
        parts["shown"] = replace(part, items=part.items.filter(shape.shown.where))
    return parts


def _part(shape: CountShape, scope: str) -> Part:
    wanted = {kind: Q(kind=kind) for kind, _ in ReviewItem.KINDS}
    wanted[DUE] = Q(due_at__lt=Param(TODAY, DateTimeField())) & ~Q(kind="exception")
    if scope == MINE and shape.decides:
        items = QueueItems(shape.reach)
        return Part(items.decidable(), wanted, snoozed=selectors.snoozes(items.viewer))
    return Part(listing.in_scope(shape.reach, scope, decides=shape.decides), wanted)


def _with(part: Part, name: str, one: CountedList) -> Part:
    of_kind = Q(kind=one.kind) if one.kind else ~Q(kind="exception")
    every = part.every | {name} if one.scope != MINE else part.every
    return replace(part, wanted={**part.wanted, name: of_kind & one.where}, every=every)


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
