"""What a revision of a source changed against the one before it, passage by passage or by record.

Passages and records are told apart by their fingerprints in the database, so that only what is
shown is read.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import TextField, Value
from django.db.models.functions import MD5, Cast, Concat

from tenants.models import Passage, Record, Revision

MOST_SHOWN = 100  # changes whose text is read


@dataclass(frozen=True, slots=True)
class RevisionChange:
    """One change: ``before`` is None for what was added, ``after`` None for what was taken away.

    ``name`` is a passage's heading or a record's key. Both are a Passage or a Record.
    """

    name: str
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True)
class RevisionChanges:
    """All changes of a revision: how many there are, and the first of them."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    shown: list[RevisionChange] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many there are in all."""
        return self.added + self.removed + self.changed


@dataclass(frozen=True, slots=True)
class _Print:
    id: UUID
    name: str
    sha: str


Pair = tuple[_Print | None, _Print | None]


def revision_changes_between(before: Revision, after: Revision, kind: str) -> RevisionChanges:
    """Return what changed from one revision of a source to a later one. Four queries at most."""
    prints = _records if kind == "records" else _passages
    old, new = prints(before), prints(after)
    pairs = list(_paired(*_unlike(old, new)))
    shown = pairs[:MOST_SHOWN]
    wanted = [one.id for pair in shown for one in pair if one is not None]
    held = Record.objects.all() if kind == "records" else Passage.objects.defer("search")
    rows: dict[UUID, Any] = held.in_bulk(wanted)
    return RevisionChanges(
        added=sum(gone is None for gone, _ in pairs),
        removed=sum(come is None for _, come in pairs),
        changed=sum(gone is not None and come is not None for gone, come in pairs),
        shown=[_change(gone, come, rows) for gone, come in shown],
    )


def _passages(of: Revision) -> list[_Print]:
    whole = MD5(Concat("heading", Value("\n"), "text", output_field=TextField()))
    rows = Passage.objects.filter(revision=of).order_by("position")
    return [_Print(*row) for row in rows.values_list("pk", "heading", whole)]


def _records(of: Revision) -> list[_Print]:
    whole = MD5(Cast("data", TextField()))
    rows = Record.objects.filter(revision=of).order_by("key")
    return [_Print(*row) for row in rows.values_list("pk", "key", whole)]


def _unlike(old: list[_Print], new: list[_Print]) -> tuple[list[_Print], list[_Print]]:
    """Return what only one of the two has, each in its order. What only moved is in neither."""
    return list(_without(old, new)), list(_without(new, old))


def _without(some: Iterable[_Print], others: Iterable[_Print]) -> Iterator[_Print]:
    left = Counter((one.name, one.sha) for one in others)
    for one in some:
        if left[one.name, one.sha]:
            left[one.name, one.sha] -= 1
        else:
            yield one


def _paired(gone: list[_Print], come: list[_Print]) -> Iterator[Pair]:
    """Yield what changed under one name together, in the order of the new; then what only went."""
    waiting: defaultdict[str, deque[_Print]] = defaultdict(deque)
    for one in gone:
        waiting[one.name].append(one)
    paired = set()
    for one in come:
        former = waiting[one.name].popleft() if waiting[one.name] else None
        if former is not None:
            paired.add(former.id)
        yield former, one
    yield from ((one, None) for one in gone if one.id not in paired)


def _change(gone: _Print | None, come: _Print | None, rows: dict[UUID, Any]) -> RevisionChange:
    named = come or gone
    assert named is not None
    return RevisionChange(
        named.name,
        rows.get(gone.id) if gone else None,
        rows.get(come.id) if come else None,
    )
