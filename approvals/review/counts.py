"""Waiting items are counted in one statement: several parts of the queue, many conditions each.

A page shows numbers of several lists; one query for each would cost a plan and a round trip each.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When

from approvals.models import ReviewItem, Snooze
from tenants.db.compiled import CompiledSql

LOOKED, LATER = "looked", "later"
Counted = dict[str, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the queue to count, with named conditions.

    Items in ``snoozed`` count only for the names in ``every``.
    """

    items: QuerySet[ReviewItem]
    wanted: Mapping[str, Q]
    every: frozenset[str] = frozenset()
    snoozed: QuerySet[Snooze] | None = None


class CappedCounts:
    """A statement that counts parts of the queue, compiled once and run with new values."""

    def __init__(self, parts: Iterable[Part], most: int) -> None:
        """Compile the statement; ``most`` is how many items of a part are read."""
        self._parts = list(parts)
        self._asked: list[Part] = []
        statements: list[str] = []
        values: list[Any] = []
        for part in self._parts:
            try:
                inner, found = _inner(part, most).query.sql_with_params()
            except EmptyResultSet:
                continue
            statements.append(f"(SELECT {_outer(part)} FROM ({inner}) AS looked)")
            values += found
            self._asked.append(part)
        self._sql = CompiledSql(f"SELECT {', '.join(statements)}" if statements else "", values)

    def count(self, values: Mapping[str, Any]) -> list[Counted]:
        """Return for each part how many of its first items meet each condition.

        The keys are those of ``wanted``, ``LOOKED`` (items read) and ``LATER`` (snoozed ones among
        them). ``values`` are those of the parts' parameters.
        """
        numbers = self._sql.rows(values)[0] if self._asked else ()
        counted = {id(part): row for part, row in zip(self._asked, numbers, strict=True)}
        return [_named(part, counted.get(id(part))) for part in self._parts]


def _inner(part: Part, most: int) -> QuerySet[ReviewItem, Any]:
    """Return the items in the order of the queue, each with whether it meets the conditions."""
    conditions = list(part.wanted.values())
    if part.snoozed is not None:
        conditions.append(Q(pk__in=part.snoozed.values("item_id")))
    said = {f"c{n}": _whether(condition) for n, condition in enumerate(conditions)}
    items = part.items.order_by("due_at", "id").annotate(**said)
    return items.values_list(*said)[:most]


def _whether(condition: Q) -> Case | Value:
    if not condition:
        return Value(True)
    # As a CASE, a condition that no row can meet gives false; alone it raises EmptyResultSet.
    when = When(condition, then=Value(True))
    return Case(when, default=Value(False), output_field=BooleanField())


def _outer(part: Part) -> str:
    asleep = f"c{len(part.wanted)}" if part.snoozed is not None else ""
    counts = ["count(*)", f"count(*) FILTER (WHERE {asleep})" if asleep else "0"]
    for n, name in enumerate(part.wanted):
        awake = f" AND NOT {asleep}" if asleep and name not in part.every else ""
        counts.append(f"count(*) FILTER (WHERE c{n}{awake})")
    return f"ARRAY[{', '.join(counts)}]"


def _named(part: Part, row: list[int] | None) -> Counted:
    names = [LOOKED, LATER, *part.wanted]
    return dict(zip(names, row or [0] * len(names), strict=True))
