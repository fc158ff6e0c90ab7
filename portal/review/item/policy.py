"""Policy of an item, for its page: the approvals needed, those given, and the viewer's rights."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals import queries
from approvals.models import ReviewItem
from approvals.policies.signoffs import signers_in_words
from approvals.review.approval import ApprovalState, board_from, policy_actions
from approvals.review.sidebar import Sidebar
from approvals.rules.policy_terms import fitting
from tenants.actors import Actor


@dataclass(frozen=True, slots=True)
class Signed:
    """A person who approved the item's present content."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy applied to one item. ``left`` is the number of approvals still missing."""

    needs: str
    signed: list[Signed]
    left: int
    nobody: bool
    is_apart: bool
    may_accept: bool
    may_reject: bool
    why_not: str
    signed_by_you: bool = False

    @property
    def says_more(self) -> bool:
        """Whether the policy asks more than the viewer's own approval."""
        return bool(self.signed or self.left > 1 or self.nobody or self.why_not)


def standing_view(
    item: ReviewItem, actor: Actor, people: queries.People | None, beside: Sidebar
) -> PolicyView | None:
    """Return the policy's view for this person; None where roles alone decide.

    ``people`` saves a query where the caller has read them.
    """
    if item.policy_id is None or item.status != "waiting":
        return None
    people = people or queries.people()
    acts = policy_actions(p for p in item.proposals.all() if p.status == "proposed")
    terms = fitting(people.policies, item.workflow_id, acts)
    if terms is None:
        return None
    board = board_from(people, item, terms, [one.by_id for one in beside.edited])
    standing = ApprovalState(terms, board, tuple(one.by_id for one in beside.signed))
    return PolicyView(
        needs=signers_in_words(standing),
        signed=[Signed(one.by, one.at) for one in beside.signed],
        left=standing.left,
        is_apart=terms.apart,
        nobody=not board.is_possible(terms),
        signed_by_you=actor.id in standing.signed,
        **_may(standing, actor),
    )


def _may(standing: ApprovalState, actor: Actor) -> dict[str, Any]:
    """Return the person's rights to accept and reject, and the reason for a missing one."""
    person = actor.id
    if person is None or actor.kind != "person":
        return {"may_accept": False, "may_reject": False, "why_not": "The client decides this."}
    apart, counts = standing.is_set_apart(person), standing.may_sign(person)
    why = ""
    if apart:
        why = "You asked for this or edited it, so somebody else must approve it."
    elif person in standing.signed:
        why = "You have approved this."
    elif not counts:
        why = f"You can look. It needs {signers_in_words(standing)}."
    return {"may_accept": not why, "may_reject": apart or counts, "why_not": why}
