"""Policy of an item, for its page: the approvals needed, those given, and the viewer's rights."""

from dataclasses import dataclass
from datetime import datetime

from approvals import queries
from approvals.models import ReviewItem
from approvals.policies.signoffs import (
    APART_SENTENCE,
    SignBarrier,
    may_refuse,
    sign_barrier,
    signers_in_words,
)
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


def policy_view(
    item: ReviewItem, actor: Actor, people: queries.People | None, near: Sidebar
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
    board = board_from(people, item, terms, [one.by_id for one in near.edited])
    state = ApprovalState(terms, board, tuple(one.by_id for one in near.signed))
    barrier = sign_barrier(state, actor)
    return PolicyView(
        needs=signers_in_words(state),
        signed=[Signed(one.by, one.at) for one in near.signed],
        left=state.left,
        is_apart=terms.apart,
        nobody=not board.is_possible(terms),
        signed_by_you=actor.id in state.signed,
        may_accept=barrier is None,
        may_reject=may_refuse(state, actor),
        why_not=_why_not(barrier, state),
    )


def _why_not(barrier: SignBarrier | None, state: ApprovalState) -> str:
    """Return the sentence for a person whose yes does not count; empty where it does."""
    match barrier:
        case SignBarrier.NO_PERSON:
            return "The client decides this."
        case SignBarrier.APART:
            return APART_SENTENCE
        case SignBarrier.SIGNED:
            return "You have approved this."
        case SignBarrier.NOT_NAMED:
            return f"You can look. It needs {signers_in_words(state)}."
    return ""
