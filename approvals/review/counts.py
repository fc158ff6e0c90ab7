"""Counting what waits: several parts of the queue, many conditions each, in one statement.

A page shows numbers of more than one list; a query for each would cost a plan and a round
trip each.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When

from approvals.models import ReviewItem, Snooze

LOOKED, LATER = "looked", "later"
Counted = dict[str, int]


@dataclass(frozen=True, slots=True)
class Part:
    """Items to count, and what to count of them, by name.

    What is in ``put_off`` counts for the names of ``every`` alone.
    """

    items: QuerySet[ReviewItem]
    wanted: Mapping[str, Q]
    every: frozenset[str] = frozenset()
    snoozed: QuerySet[Snooze] | None = None


def capped_counts(parts: Iterable[Part], most: int) -> list[Counted]:
    """For each part how many of its first ``most`` items meet each condition."""
    given = list(parts)
    statements: list[str] = []
    values: list[Any] = []
    asked = []
    for part in given:
        try:
            inner, found = _inner(part, most).query.sql_with_params()
        except EmptyResultSet:
            continue
        statements.append(f"(SELECT {_outer(part)} FROM ({inner}) AS looked)")
        values += found
        asked.append(part)
    numbers = _row(f"SELECT {', '.join(statements)}", values) if statements else ()
    counted = {id(part): row for part, row in zip(asked, numbers, strict=True)}
    return [_named(part, counted.get(id(part))) for part in given]


def _inner(part: Part, most: int) -> QuerySet[ReviewItem, Any]:
    """The items in the order of the queue, each with whether it meets the conditions."""
    conditions = list(part.wanted.values())
    if part.snoozed is not None:
        conditions.append(Q(pk__in=part.snoozed.values("item_id")))
    said = {f"c{n}": _whether(condition) for n, condition in enumerate(conditions)}
    items = part.items.order_by("due_at", "id").annotate(**said)
    return items.values_list(*said)[:most]


def _whether(condition: Q) -> Case | Value:
    if not condition:
        return Value(True)
    # Compiled as a case, a condition that nothing can meet is false instead of an error.
    when = When(condition, then=Value(True))
    return Case(when, default=Value(False), output_field=BooleanField())


def _outer(part: Part) -> str:
    asleep = f"c{len(part.wanted)}" if part.snoozed is not None else ""
    counts = ["count(*)", f"count(*) FILTER (WHERE {asleep})" if asleep else "0"]
    for n, name in enumerate(part.wanted):
        awake = f" AND NOT {asleep}" if asleep and name not in part.every else ""
        counts.append(f"count(*) FILTER (WHERE c{n}{awake})")
    return f"ARRAY[{', '.join(counts)}]"


def _row(sql: str, values: list[Any]) -> tuple[list[int], ...]:
    # Bound by the client: a plan for any value would not use the index of what waits.
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: tuple[list[int], ...] = cursor.fetchone()
    return found


def _named(part: Part, row: list[int] | None) -> Counted:
    names = [LOOKED, LATER, *part.wanted]
    return dict(zip(names, row or [0] * len(names), strict=True))
