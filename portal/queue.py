"""What the review queue shows a person: which items, how many, in which order."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from approvals import selectors
from approvals.batches import together
from approvals.models import ReviewItem
from approvals.policies import Terms
from approvals.selectors import Mine
from portal.cards import Badge, badges
from tenants import clock
from tenants.actors import Actor
from tenants.errors import Invalid
from tenants.roles import Capability
from workflows.models import Run

PAGE = 30
# The tabs: address value, label, kind of item. Exceptions have their own page.
TABS = (
    ("all", "All", ""),
    ("actions", "Actions", "proposal"),
    ("drafts", "Drafts", "draft"),
    ("routes", "Routes", "recommendation"),
)
LATER, DECIDED = "later", "decided"
ASKED = "asked"  # what a colleague asked this person about
KIND_OF = {key: kind for key, _, kind in TABS}


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits for a person."""

    review: int
    exceptions: int
    by_kind: dict[str, int] = field(default_factory=dict)
    due_today: int = 0
    later: int = 0
    is_capped: bool = False  # there are more than were counted


def of(mine: Mine, *, everyone: bool = False) -> QuerySet[ReviewItem]:
    """What waits for this person; for those who decide nothing, all that waits."""
    return mine.awake() if _decides(mine.actor) and not everyone else selectors.waiting()


def _decides(actor: Actor) -> bool:
    return actor.has(Capability.DECIDE) or Capability.DECIDE in actor.by_grant


def counts_for(mine: Mine, *, everyone: bool = False) -> Counts:
    """The numbers of the sidebar, the head and the tabs, in one query."""
    today = timezone.localtime(clock.now()).date()
    midnight = timezone.make_aware(datetime.combine(today + timedelta(days=1), time.min))
    items, put_off = selectors.waiting(), selectors.snoozes(mine.actor)
    if _decides(mine.actor) and not everyone:
        items = mine.decidable()
    else:
        put_off = put_off.none()
    found = selectors.counts(items, midnight, put_off)
    return Counts(
        found["looked"] - found["exception"] - found["later"],
        found["exception"],
        found,
        found["due"],
        found["later"],
        found["looked"] >= selectors.COUNTED,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One item in the list. ``alike`` names those it may be decided together with."""

    item: ReviewItem
    badges: list[Badge]
    alike: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Part of the queue, in the order people work it. ``later`` is the next page's ``after``."""

    lines: list[Line]
    later: str = ""
    is_first: bool = True

    @property
    def may_pick(self) -> bool:
        """Whether at least two of the items may be decided together."""
        named = [line.alike for line in self.lines if line.alike]
        return len(named) > len(set(named))


@dataclass(frozen=True, slots=True)
class Tab:
    """A filter of the queue with how much it holds; None where nobody counts."""

    key: str
    label: str
    count: int | None
    is_here: bool


def tabs(counts: Counts, here: str) -> list[Tab]:
    """The tabs above the list."""
    found = []
    for key, label, kind in TABS:
        count = counts.by_kind.get(kind, 0) if kind else counts.review
        found.append(Tab(key, label, count, key == here))
    if counts.later or here == LATER:
        found.append(Tab(LATER, "Put off", counts.later, here == LATER))
    found.append(Tab(ASKED, "Asked of me", None, here == ASKED))
    return [*found, Tab(DECIDED, "Decided", None, here == DECIDED)]


def page(
    items: QuerySet[ReviewItem],
    tab: str,
    after: str = "",
    words: str = "",
    policies: Iterable[Terms] | None = None,
) -> Page:
    """Items of one tab after a place, those that hold these words if any are given.

    ``after`` is what ``place`` gave; Invalid if garbled. With ``policies``, those of a person
    who decides here, each says which others it may be decided together with.
    """
    over = tab == DECIDED
    items = selectors.decided() if over else _in_tab(items, tab)
    if words:
        runs = Run.objects.filter(pk=OuterRef("run_id"))
        items = selectors.matching(items, words, asked=Subquery(runs.values("input")))
    if after:
        items = (_before if over else _after)(items, *_read(after))
    if over:
        items = items.select_related("decided_by")
    found = list(items.prefetch_related("proposals__tool")[: PAGE + 1])
    more = place(found[PAGE - 1]) if len(found) > PAGE else ""
    lines = [Line(item, badges(item, item.proposals.all())[:1]) for item in found[:PAGE]]
    if policies is not None and not over:
        lines = [replace(line, alike=_alike(line.item, policies)) for line in lines]
    return Page(lines, more, not after)


def _alike(item: ReviewItem, policies: Iterable[Terms]) -> str:
    stand = [p for p in item.proposals.all() if p.status != "superseded"]
    return together(item, stand, policies)


def next_after(
    items: QuerySet[ReviewItem], tab: str, due_at: datetime, item_id: UUID
) -> UUID | None:
    """The item worked after this one in its tab: the next in order, else the first."""
    items = _in_tab(items, tab).exclude(pk=item_id)
    later = _after(items, due_at, item_id)
    found = later.values_list("pk", flat=True)[:1] or items.values_list("pk", flat=True)[:1]
    return next(iter(found), None)


def _after(items: QuerySet[ReviewItem], due_at: datetime, item_id: UUID) -> QuerySet[ReviewItem]:
    """What comes after a place. The first condition is where the index begins to be read."""
    later = Q(due_at__gt=due_at) | Q(due_at=due_at, id__gt=item_id)
    return items.filter(due_at__gte=due_at).filter(later)


def _before(
    items: QuerySet[ReviewItem], decided_at: datetime, item_id: UUID
) -> QuerySet[ReviewItem]:
    """What was decided before a place in the list of decided items."""
    earlier = Q(decided_at__lt=decided_at) | Q(decided_at=decided_at, id__lt=item_id)
    return items.filter(decided_at__lte=decided_at).filter(earlier)


def _in_tab(items: QuerySet[ReviewItem], tab: str) -> QuerySet[ReviewItem]:
    if tab == "exceptions":
        return items.filter(kind="exception")
    if tab == ASKED:
        return items
    kind = KIND_OF.get(tab, "")
    return items.filter(kind=kind) if kind else items.exclude(kind="exception")


def place(item: ReviewItem) -> str:
    """Where an item stands in the queue, for an address."""
    return f"{(item.decided_at or item.due_at).timestamp():.6f}_{item.pk.hex}"


def _read(text: str) -> tuple[datetime, UUID]:
    moment, _, key = text.partition("_")
    try:
        return datetime.fromtimestamp(float(moment), tz=clock.now().tzinfo), UUID(key)
    except (ValueError, OverflowError, OSError) as error:
        raise Invalid("This page of the queue is not there. Open the queue again.") from error
