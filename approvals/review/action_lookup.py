"""The actions of items are read in one statement, as lists of items show them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from approvals.gate.done_before import TOOK_PLACE
from approvals.rules.phrases import titled
from tenants import clock
from tenants.db.statements import SqlStatement, json_value
from tenants.wall import TENANT_SQL


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


_SAME = f"""EXISTS (
    SELECT FROM approvals_proposal other
    WHERE other.tenant_id = p.tenant_id AND other.same_key = p.same_key AND other.same_key <> ''
    AND other.status IN {TOOK_PLACE!r} AND NOT other.planted AND other.item_id <> p.item_id
    AND coalesce(other.executed_at, (
        SELECT r.redeemed_at FROM approvals_permit r WHERE r.tenant_id = other.tenant_id
        AND r.proposal_id = other.id AND r.status = 'redeemed' LIMIT 1))
        >= %(now)s::timestamptz - t.same_days * interval '1 day')"""

# The actions of items are read with the words of their tools, without those that an edit replaced.
# Like ``done_before.is_done_already``, the condition on the key lets the partial index answer.
_ACTIONS = SqlStatement(
    f"""
SELECT json_agg(json_build_object(
    'item', p.item_id, 'tool', p.tool_name, 'words', json_build_array(t.title, t.phrases),
    'args', p.args, 'status', p.status, 'executed_at', p.executed_at, 'result', p.result,
    'done_before', p.status = 'proposed' AND {_SAME}) ORDER BY p.position, p.revision)::text
FROM approvals_proposal p
JOIN approvals_tool t ON t.tenant_id = p.tenant_id AND t.id = p.tool_id
WHERE p.tenant_id = {TENANT_SQL} AND p.item_id = ANY(%(items)s) AND p.status <> 'superseded'
""",
    json_value,
)


def actions_of(item_ids: list[UUID]) -> dict[UUID, list[ItemAction]]:
    """Return the actions of these items in order, by the id of the item."""
    found: dict[UUID, list[ItemAction]] = defaultdict(list)
    for row in _ACTIONS.row(items=item_ids, now=clock.now()) or ():
        executed_at, args = row["executed_at"], row["args"]
        found[UUID(row["item"])].append(
            ItemAction(
                tool_name=row["tool"],
                title=titled(_ToolWords(*row["words"]), args),
                args=args,
                status=row["status"],
                executed_at=datetime.fromisoformat(executed_at) if executed_at else None,
                result=row["result"],
                done_before=row["done_before"],
            )
        )
    return found
