"""Pages of the review queue: the items of a tab and scope, in order, with badges and headings."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    DateTimeField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    UUIDField,
)

from approvals.decisions.batch_rules import batch_key
from approvals.gate.done_before import is_done_already
from approvals.models import Proposal, ReviewItem
from approvals.review import selectors
from approvals.review.mentions import items_mentioning, with_mentions
from approvals.review.selectors import QueueItems, QueueView
from approvals.review.visibility import ANY_VIEWER, Reach
from approvals.rules.policy_terms import PolicyTerms
from approvals.text.asked import first_line
from portal.links import route
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
    QueueParams,
)
from tenants.actors import Actor
from tenants.db.compiled import OneOf, Param, compile_once
from workflows.models import Run

PAGE = 30


@dataclass(frozen=True, slots=True)
class ListShape:
    """A list without its values: lists of one shape are one compiled query.

    ``workflow`` is whether the list is of one workflow, and None for a workflow that is not there;
    ``words`` is whether some are searched for; ``after`` is whether it begins after a position.
    """

    reach: Reach
    decides: bool
    scope: str = MINE
    tab: str = "all"
    group: str = ""
    workflow: bool | None = False
    due: str = ""
    words: bool = False
    after: bool = False

    def items(self) -> QuerySet[ReviewItem]:
        """Return the items of the list in its order, from its beginning."""
        if self.tab == DECIDED:
            return selectors.decided_items()
        found = in_scope(self.reach, self.scope, self.tab, decides=self.decides)
        found = found.filter(filters(self.workflow, self.due))
        return groups.ordered(in_tab(found, self.tab), self.group)


def in_scope(reach: Reach, scope: str, tab: str = "all", *, decides: bool) -> QuerySet[ReviewItem]:
    """Return the items of a tab in a scope of a person, for a compiled query.

    A person who never decides gets all that wait, in any scope.
    """
    items = QueueItems(reach)
    if tab == LATER:
        return items.snoozed()
    if tab == ASKED:
        return items_mentioning(items.viewer.person)
    if scope == EVERYONE or not decides:
        return selectors.queue()
    return items.team() if scope == TEAM else items.awake()


def filters(workflow: bool | None, due: str, name: str = "workflow") -> Q:
    """Return the condition of a list's filters; ``name`` is the parameter of the workflow's id."""
    found = Q()
    if workflow is not False:
        found &= Q(workflow_id=Param(name, UUIDField())) if workflow else Q(pk__in=[])
    return found & Q(due_at__lt=Param(due, DateTimeField())) if due else found


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One item in the list with its page's address.

    Items with the same ``alike`` may be decided as a batch; it is empty where no other is alike.
    ``asked`` is the first line of the request where the title lacks it; for an exception it is the
    sentence for staff. ``owner`` is the person of the client an exception is assigned to.
    """

    item: ReviewItem
    url: str
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
        return any(line.alike for line in self.lines)


def page(
    mine: QueueView,
    view: QueueParams,
    workflows: Mapping[str, UUID] | None = None,
    policies: Iterable[PolicyTerms] | None = None,
    names: Mapping[UUID, str] | None = None,
) -> QueuePart:
    """Return the page of a list that follows ``view.after``, limited to items with its words.

    Raises Invalid for a position that is garbled. ``workflows`` are ids by slug, and ``names`` are
    titles by id, for a list grouped by workflow. With ``policies``, given for a person who may
    decide, lines say which items may be decided as a batch. Items come as ``items_in_full`` gives
    them, each marked where a comment asks this person about it.
    """
    over = view.tab == DECIDED
    here = groups.read_place(view.after, view.group) if view.after else None
    values = list_values(mine, view, workflows or {})
    values |= {"patterns": selectors.search_patterns(view.words)}
    if here:
        values |= {"place": here.at, "place item": here.item_id, "place key": here.key}
    shape = replace(
        list_shape(mine, view, workflows or {}), words=bool(view.words), after=bool(here)
    )
    found = _page(shape, PAGE + 1).rows(**values)
    if found:
        acts = _actions(over).rows(items=[item.pk for item in found], now=values["now"])
        selectors.give_proposals(found, acts)
    more = groups.list_place(found[PAGE - 1], view.group) if len(found) > PAGE else ""
    lines = [_line(item, mine.actor, over=over) for item in found[:PAGE]]
    if policies is not None and not over:
        lines = _with_alike(lines, policies)
    pairs = [(line.item, line) for line in lines]
    parts = groups.list_sections(pairs, view.group, names or {}, here)
    return QueuePart(lines, more, not view.after, parts)


def list_shape(mine: QueueView, view: QueueParams, workflows: Mapping[str, UUID]) -> ListShape:
    """Return the shape of a list, from its beginning and with any words."""
    workflow = (view.workflow in workflows or None) if view.workflow else False
    return ListShape(mine.reach, mine.decides, view.scope, view.tab, view.group, workflow, view.due)


def list_values(
    mine: QueueView, view: QueueParams, workflows: Mapping[str, UUID]
) -> dict[str, Any]:
    """Return the values of a list's parameters."""
    return {**mine.values, **groups.due_times(), "workflow": workflows.get(view.workflow)}


@compile_once
def _page(shape: ListShape, most: int) -> QuerySet[ReviewItem]:
    """Return the first items, with all that the list and the item's page read."""
    over = shape.tab == DECIDED
    items = shape.items()
    if shape.words:
        runs = Run.objects.filter(pk=OuterRef("run_id"))
        patterns = Param("patterns", ArrayField(TextField()))
        items = selectors.items_matching(items, patterns, asked=Subquery(runs.values("input")))
    if shape.after:
        place = groups.place_parameters(shape.group)
        items = groups.before(items, place) if over else groups.after(items, shape.group, place)
    if not over and not shape.words:
        items = _found_first(items, most)
    found = with_mentions(items.select_related("decided_by"), ANY_VIEWER.person)
    return found[:most]


@compile_once
def _actions(over: bool) -> QuerySet[Proposal]:
    actions = selectors.actions_with_tools()
    if not over:  # nobody is warned of what was decided
        actions = actions.annotate(is_done_already=is_done_already(ANY_VIEWER.now))
    return actions.filter(OneOf("item_id", "items"))


def _found_first(items: QuerySet[ReviewItem], most: int) -> QuerySet[ReviewItem]:
    """Return the same page with its ids found by the index alone.

    Where few of a hundred thousand items match, the rows of the others are not read.
    """
    ids = items.values("pk")[:most]
    return ReviewItem.objects.shown().filter(pk__in=ids).order_by(*items.query.order_by)


def _line(item: ReviewItem, actor: Actor | None, *, over: bool) -> QueueLine:
    url = route("review_item", item.pk)
    if item.kind == "exception":
        said, owner = exception.row(item, actor)
        return QueueLine(item, url, [exception.exception_badge(item, actor)], "", said, owner)
    return QueueLine(item, url, _badges(item, over=over), asked=_asked(item))


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


def _with_alike(lines: list[QueueLine], policies: Iterable[PolicyTerms]) -> list[QueueLine]:
    """Return the lines, those with the key of their batch that have others alike on the page."""
    keys = [_alike(line.item, policies) for line in lines]
    several = {key for key, n in Counter(keys).items() if key and n > 1}
    pairs = zip(lines, keys, strict=True)
    return [replace(line, alike=key) if key in several else line for line, key in pairs]


def _alike(item: ReviewItem, policies: Iterable[PolicyTerms]) -> str:
    stand = [p for p in item.proposals.all() if p.status != "superseded"]
    return batch_key(item, stand, policies)


def next_item(
    mine: QueueView, view: QueueParams, item: ReviewItem, workflows: Mapping[str, UUID]
) -> UUID | None:
    """Return the id of the item after this one in the list's order, or else of the list's first."""
    shape, here = list_shape(mine, view, workflows), groups.place_of(item, view.group)
    values = list_values(mine, view, workflows) | {"item": item.pk}
    place = {"place": here.at, "place item": here.item_id, "place key": here.key}
    found = _next(replace(shape, after=True)).row(**values, **place)
    return found or _next(shape).row(**values)


@compile_once
def _next(shape: ListShape) -> QuerySet[Any, UUID]:
    """Return the first of the items that are not ``item``."""
    items = shape.items().exclude(pk=Param("item", UUIDField()))
    if shape.after:
        items = groups.after(items, shape.group, groups.place_parameters(shape.group))
    return items.values_list("pk", flat=True)[:1]


def in_tab(items: QuerySet[ReviewItem], tab: str) -> QuerySet[ReviewItem]:
    """Return the items of the kind that a tab shows."""
    if tab == EXCEPTIONS:
        return items.filter(kind="exception")
    if tab == ASKED:
        return items
    kind = KIND_OF.get(tab, "")
    return items.filter(kind=kind) if kind else items.exclude(kind="exception")
