"""Pages of the review queue: the items of a tab and scope, in order, with badges and headings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from approvals.decisions.batch_rules import batch_key
from approvals.gate.done_before import is_done_already
from approvals.models import Proposal, ReviewItem
from approvals.review import selectors
from approvals.review.mentions import items_mentioning, with_mentions
from approvals.review.selectors import QueueView
from approvals.rules.policy_terms import PolicyTerms
from approvals.text.asked import first_line
from portal.review.item import exception
from portal.review.item.card import ASKED_TWICE, DONE_ALREADY, Badge, badges
from portal.review.queue import ordering as groups
from portal.review.queue.ordering import Section
from portal.review.queue.params import (
    ASKED,
    DECIDED,
    EVERYONE,
    EXCEPTIONS,
    KIND_OF,
    LATER,
    MINE,
    TEAM,
)
from tenants.actors import Actor
from workflows.models import Run

PAGE = 30


def of(mine: QueueView, scope: str = MINE, tab: str = "all") -> QuerySet[ReviewItem]:
    """Return the items of a tab in a scope of the person.

    A person who never decides gets all that wait, in any scope.
    """
    if tab == LATER:
        return mine.snoozed()
    if tab == ASKED:
        return items_mentioning(mine.actor)
    if scope == EVERYONE or not mine.decides:
        return selectors.queue()
    return mine.team() if scope == TEAM else mine.awake()


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One item in the list. Items with the same ``alike`` may be decided as a batch.

    ``asked`` is the first line of the request where the title lacks it; for an exception it is the
    sentence for staff. ``owner`` is the person of the client an exception is assigned to.
    """

    item: ReviewItem
    badges: list[Badge]
    alike: str = ""
    asked: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class QueuePart:
    """One page of the queue in its order. ``later`` is the ``after`` of the next page."""

    lines: list[QueueLine]
    later: str = ""
    is_first: bool = True
    sections: list[Section[QueueLine]] = field(default_factory=list)

    @property
    def first(self) -> ReviewItem | None:
        """The item opened beside the list when none was chosen."""
        return self.lines[0].item if self.lines else None

    @property
    def may_pick(self) -> bool:
        """Whether at least two of the items may be decided as a batch."""
        named = [line.alike for line in self.lines if line.alike]
        return len(named) > len(set(named))


def page(
    items: QuerySet[ReviewItem],
    tab: str,
    after: str = "",
    words: str = "",
    policies: Iterable[PolicyTerms] | None = None,
    *,
    group: str = "",
    names: Mapping[UUID, str] | None = None,
    actor: Actor | None = None,
) -> QueuePart:
    """Return the page of a tab that follows ``after``, limited to items that contain ``words``.

    ``after`` comes from ``list_place``; raises Invalid if it is garbled. With ``policies``, given
    for a person who may decide, lines say which items may be decided as a batch. ``names`` are
    workflow titles, for a list grouped by workflow. Items come as ``items_in_full`` gives them;
    with ``actor`` each is marked where a comment asks this person about it.
    """
    over = tab == DECIDED
    items = selectors.decided_items() if over else groups.ordered(in_tab(items, tab), group)
    if words:
        runs = Run.objects.filter(pk=OuterRef("run_id"))
        items = selectors.items_matching(items, words, asked=Subquery(runs.values("input")))
    here = groups.read_place(after, group) if after else None
    if here:
        items = groups.before(items, here) if over else groups.after(items, group, here)
    found = _in_full(items if over or words else _found_first(items), actor)
    more = groups.list_place(found[PAGE - 1], group) if len(found) > PAGE else ""
    lines = [_line(item, actor, over=over) for item in found[:PAGE]]
    if policies is not None and not over:
        lines = [replace(line, alike=_alike(line.item, policies)) for line in lines]
    parts = groups.list_sections([(line.item, line) for line in lines], group, names or {}, here)
    return QueuePart(lines, more, not after, parts)


def _found_first(items: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
    """Return the same page with its ids found by the index alone.

    Where few of a hundred thousand items match, the rows of the others are not read.
    """
    ids = items.values("pk")[: PAGE + 1]
    return ReviewItem.objects.shown().filter(pk__in=ids).order_by(*items.query.order_by)


def _in_full(items: QuerySet[ReviewItem], actor: Actor | None) -> list[ReviewItem]:
    """Return a page of items and one more, with all that the list and the item's page read."""
    actions = Proposal.objects.select_related("tool").order_by("position", "revision")
    actions = actions.annotate(is_done_already=is_done_already())
    found = items.select_related("decided_by").prefetch_related(Prefetch("proposals", actions))
    if actor is not None:
        found = with_mentions(found, actor)
    return list(found[: PAGE + 1])


def _line(item: ReviewItem, actor: Actor | None, *, over: bool) -> QueueLine:
    if item.kind == "exception":
        said, owner = exception.row(item, actor)
        return QueueLine(item, [exception.exception_badge(item, actor)], asked=said, owner=owner)
    return QueueLine(item, _badges(item, over=over), asked=_asked(item))


def _badges(item: ReviewItem, *, over: bool) -> list[Badge]:
    """Return the item's first badge, after one for an action done already or asked for twice."""
    actions = item.proposals.all()
    waiting = [p for p in actions if p.status == "proposed" and not over]
    same = [p.same_key for p in waiting if p.same_key]
    first = []
    if any(getattr(p, "is_done_already", False) for p in waiting):
        first = [DONE_ALREADY]
    elif len(same) > len(set(same)):
        first = [ASKED_TWICE]
    return first + badges(item, actions)[:1]


def _asked(item: ReviewItem) -> str:
    said = first_line(item.evidence.get("input"))
    return "" if said and said in item.title else said


def _alike(item: ReviewItem, policies: Iterable[PolicyTerms]) -> str:
    stand = [p for p in item.proposals.all() if p.status != "superseded"]
    return batch_key(item, stand, policies)


def next_item(
    items: QuerySet[ReviewItem], tab: str, item: ReviewItem, group: str = ""
) -> UUID | None:
    """Return the id of the item after this one in the tab's order, or else of the tab's first."""
    items = groups.ordered(in_tab(items, tab), group).exclude(pk=item.pk)
    later = groups.after(items, group, groups.place_of(item, group))
    found = later.values_list("pk", flat=True)[:1] or items.values_list("pk", flat=True)[:1]
    return next(iter(found), None)


def in_tab(items: QuerySet[ReviewItem], tab: str) -> QuerySet[ReviewItem]:
    """Return the items of the kind that a tab shows."""
    if tab == EXCEPTIONS:
        return items.filter(kind="exception")
    if tab == ASKED:
        return items
    kind = KIND_OF.get(tab, "")
    return items.filter(kind=kind) if kind else items.exclude(kind="exception")
