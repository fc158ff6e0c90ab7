"""Related items, for an item's page: those of the same run and of the same customer."""

from dataclasses import dataclass

from approvals.models import DecisionChoice, ReviewItem
from approvals.review.sidebar import FEW, SHOWN, Sibling, Sidebar, customer

STANDS = {"expired": "the time ran out", "cancelled": "withdrawn"}


@dataclass(frozen=True, slots=True)
class RelatedLine:
    """One related item. ``stands`` is empty while it waits."""

    item: Sibling
    stands: str


@dataclass(frozen=True, slots=True)
class Related:
    """The first related items of the same run and of the same customer, and whether more are."""

    of_run: list[RelatedLine]
    has_more_of_run: bool
    customer: str
    of_customer: list[RelatedLine]
    has_more_waiting: bool
    has_more_decided: bool


def related_to(item: ReviewItem, near: Sidebar) -> Related:
    """Return the related items that the sidebar read."""
    return Related(
        of_run=_lines(near.of_run[:SHOWN]),
        has_more_of_run=len(near.of_run) > SHOWN,
        customer=customer(item),
        of_customer=_lines([*near.waiting[:SHOWN], *near.decided[:FEW]]),
        has_more_waiting=len(near.waiting) > SHOWN,
        has_more_decided=len(near.decided) > FEW,
    )


def _lines(found: list[Sibling]) -> list[RelatedLine]:
    return [RelatedLine(one, _stands(one)) for one in found]


def _stands(one: Sibling) -> str:
    if one.status == "decided":
        return DecisionChoice(one.choice).label
    return STANDS.get(one.status, "")
