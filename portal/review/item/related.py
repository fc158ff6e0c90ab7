"""Related items, for an item's page: those of the same run and of the same customer."""

from dataclasses import dataclass
from typing import Any

from approvals.models import DecisionChoice, ReviewItem
from approvals.review.sidebar import FEW, SHOWN, Sibling, Sidebar, customer

STANDS = {"expired": "the time ran out", "cancelled": "withdrawn"}


@dataclass(frozen=True, slots=True)
class RelatedLine:
    """One related item. ``stands`` is empty while it waits."""

    item: Sibling
    stands: str


def siblings_context(item: ReviewItem, near: Sidebar) -> dict[str, Any]:
    """Return the first related items of each kind, and whether there are more."""
    asked_by = customer(item)
    return {
        "of_run": _lines(near.of_run[:SHOWN]),
        "of_run_more": len(near.of_run) > SHOWN,
        "customer": asked_by,
        "of_customer": _lines([*near.waiting[:SHOWN], *near.decided[:FEW]]),
        "waiting_more": len(near.waiting) > SHOWN,
        "decided_more": len(near.decided) > FEW,
    }


def _lines(found: list[Sibling]) -> list[RelatedLine]:
    return [RelatedLine(one, _stands(one)) for one in found]


def _stands(one: Sibling) -> str:
    if one.status == "decided":
        return DecisionChoice(one.choice).label
    return STANDS.get(one.status, "")
