"""A refund in tests that can be undone: the shop, the tools that declare it, and the request."""

from typing import Any

from approvals.decisions.undo import ask_undo
from approvals.gate.tools import add_tool, change_tool
from approvals.models import ReviewItem, Tool
from audit import outbox
from tests.lanes import Lane

NUMBER = {"type": "object", "properties": {"refund": {"type": "string"}}, "required": ["refund"]}
CHECK = {
    "tool": "shop.refund_state",
    "args": {"refund": "result.body.refund"},
    "if": "found.body.state == 'pending'",
    "why": "The bank has paid it out already.",
}


def answer(path: str) -> dict[str, Any]:
    """A shop whose refunds can be taken back while they are pending."""
    return {"/state": {"state": "pending"}, "/refunds": {"refund": "re_1"}}.get(path, {"ok": True})


def declare_undo(lane: Lane) -> None:
    """Give the lane a shop that can look a refund up and cancel it."""
    actor, url = lane.world.staff(lane.client), lane.shop.url
    made: dict[str, Any] = {"adapter": "http", "args_schema": NUMBER, "actor": actor}
    settings = {"url": f"{url}/state"}
    add_tool(name="shop.refund_state", title="State", effect="read", settings=settings, **made)
    add_tool(
        name="shop.cancel_refund",
        title="Cancel refund",
        effect="write",
        kind="edit",
        takes_key=True,
        settings={"url": f"{url}/cancel"},
        **made,
    )
    change_tool(
        Tool.objects.get(name="shop.refund"),
        actor=actor,
        undo_tool="shop.cancel_refund",
        undo_args={"refund": "result.body.refund"},
        undo_check=CHECK,
    )
    lane.shop.body = answer


def make_undoable(lane: Lane) -> Lane:
    """Declare how refunds are undone, and have one carried out."""
    declare_undo(lane)
    lane.start()
    lane.decide()
    return lane


def refunded(lane: Lane) -> ReviewItem:
    """The item whose refund was carried out."""
    return ReviewItem.objects.get(kind="proposal")


def undo(lane: Lane, **more: Any) -> ReviewItem:
    asked = ask_undo(refunded(lane).pk, actor=lane.client.actor(), **more)
    outbox.drain()
    return asked


def paths(lane: Lane) -> list[str]:
    return [r["path"] for r in lane.shop.requests]
