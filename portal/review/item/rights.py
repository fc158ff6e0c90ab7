"""Rights of the viewer on an item, for its page, with the sentences that explain them."""

from dataclasses import dataclass

from approvals.models import Proposal, ReviewItem
from approvals.queries import Case
from approvals.review import checks
from approvals.review.selectors import QueueView
from portal.review import forms
from portal.review.item import exception
from portal.review.item.policy import PolicyView
from tenants.actors import Actor
from tenants.errors import Refused
from tenants.roles import Capability


@dataclass(frozen=True, slots=True)
class Rights:
    """What the viewer may do with an item now.

    ``why_not`` says why they may not accept it, ``why_you`` why it is here. ``policy`` is None
    where roles alone decide.
    """

    is_waiting: bool
    may_decide: bool
    may_accept: bool
    can_edit: bool
    why_you: str
    why_not: str
    policy: PolicyView | None


def rights_on(
    item: ReviewItem,
    proposals: list[Proposal],
    case: Case | None,
    policy: PolicyView | None,
    mine: QueueView,
    *,
    waiting: bool,
) -> Rights:
    """Return the viewer's rights. ``case`` is the item with its rules, where it has actions."""
    may = waiting and (policy.may_reject if policy else mine.may_decide(item))
    may_accept = may and (policy is None or policy.may_accept)
    has_parts = bool(proposals) or forms.draft_text(item) is not None
    moved_on = checks.change_since_drafted(case)
    cannot = exception.for_reader(moved_on or _cannot(item, proposals, case), mine.actor)
    why_not = _why_not(mine.actor, policy, cannot, may_accept=may_accept) if waiting else ""
    return Rights(
        is_waiting=waiting,
        may_decide=may,
        may_accept=may_accept and not cannot,
        can_edit=may_accept and item.kind != "exception" and has_parts and not moved_on,
        why_you=_why_you(item, policy, waiting=waiting),
        why_not=why_not,
        policy=policy,
    )


def _cannot(item: ReviewItem, proposals: list[Proposal], case: Case | None) -> str:
    """Return why no person can accept the item now, such as a kill switch, a rule or a host."""
    if case is not None:
        try:
            checks.require_permitted(case, proposals, {})
        except Refused as error:
            return error.message
    return checks.accept_problem(item)


def _why_you(item: ReviewItem, policy: PolicyView | None, *, waiting: bool) -> str:
    """Return the reason for the review: from the present policy while it waits, else as stored."""
    if not waiting or item.kind == "exception":
        return item.why
    if policy is not None:
        return f"By your policy it needs {policy.needs}."
    return "One approval is enough." if item.why.startswith("By your policy") else item.why


def _why_not(actor: Actor, policy: PolicyView | None, cannot: str, *, may_accept: bool) -> str:
    if may_accept:
        return cannot
    if actor.kind == "staff" and cannot:  # staff can repair the cause, so they read about it
        return f"{cannot} {_why_not(actor, policy, '', may_accept=False)}"
    if policy is not None:
        return policy.why_not
    if actor.kind == "staff":
        return "You can look, but the client decides this."
    if Capability.DECIDE in actor.by_grant:
        return "You can look, but you were not given this workflow. An owner can give it to you."
    return "You can look, but your role does not decide."
