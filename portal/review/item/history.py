"""The decision about an item and how similar items ended, for its page."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from approvals.decisions.withdrawal import may_take_back
from approvals.models import Decision, DecisionChoice, Proposal, ReviewItem
from approvals.policies.contributions import Contribution, contributions_of
from approvals.review import selectors
from approvals.review.sidebar import Sidebar
from approvals.rules.reasons import REASONS
from portal.review.item.edits import Edits, edits_decided
from tenants.actors import Actor
from workflows.exceptions.ways_out import way_out_label


@dataclass(frozen=True, slots=True)
class History:
    """How many of the last similar items were accepted as written, and this item's decision.

    ``words`` and ``reason`` say what was decided and why. ``edits`` are the decision's, and
    ``back_url`` is where the viewer can take it back.
    """

    accepted: int
    alike: int
    decision: Decision | None = None
    contributions: tuple[Contribution, ...] = ()
    words: str = ""
    reason: str = ""
    edits: Edits | None = None
    back_url: str = ""


def history_of(
    item: ReviewItem, every: Iterable[Proposal], near: Sidebar, actor: Actor, locale: str
) -> History:
    """Return the history; no query for an item without a decision, two for one with it."""
    decision = selectors.decision_of(item) if item.status == "decided" else None
    if decision is None:
        return History(near.accepted, near.alike)
    return History(
        near.accepted,
        near.alike,
        decision,
        tuple(contributions_of([item]).get(item.pk, [])),
        words=DecisionChoice(item.choice).did,
        reason=REASONS.get(item.reason_code) or way_out_label(item.reason_code),
        edits=edits_decided(item, every, decision, locale),
        back_url=reverse("review_back", args=[item.pk]) if may_take_back(decision, actor) else "",
    )
