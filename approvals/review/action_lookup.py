"""The actions of items are read in one statement, as lists of items show them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import DateTimeField, QuerySet

from approvals.gate.done_before import is_done_already
from approvals.models import Proposal
from approvals.rules.phrases import titled
from tenants import clock
from tenants.db.compiled import OneOf, Param, compile_once


class ItemAction(NamedTuple):
    """Action of an item in its current revision.

    ``done_before``: it waits, and the same was carried out for another item, or may have been,
    within the days that its tool looks back.
    """

    tool_name: str
    title: str
    args: dict[str, Any]
    status: str
    executed_at: datetime | None
    result: Any
    done_before: bool


@dataclass(slots=True)
class _ToolWords:
    title: str
    phrases: dict[str, Any]


@compile_once
def _actions() -> QuerySet[Any, Any]:
    """Return the actions of items in order, without those that an edit replaced."""
    done = is_done_already(Param("now", DateTimeField()))
    found = Proposal.objects.filter(OneOf("item_id", "items")).exclude(status="superseded")
    shown = ("tool_name", "tool__title", "tool__phrases", "args", "status", "executed_at", "result")
    return found.order_by("position", "revision").values_list("item_id", *shown, done)


def actions_of(item_ids: list[UUID]) -> dict[UUID, list[ItemAction]]:
    """Return the actions of these items in order, by the id of the item."""
    found: dict[UUID, list[ItemAction]] = defaultdict(list)
    for row in _actions().rows(items=item_ids, now=clock.now()):
        item_id, tool_name, title, phrases, args, status, executed_at, result, done = row
        found[item_id].append(
            ItemAction(
                tool_name=tool_name,
                title=titled(_ToolWords(title, phrases), args),
                args=args,
                status=status,
                executed_at=executed_at,
                result=result,
                done_before=status == "proposed" and done,
            )
        )
    return found
