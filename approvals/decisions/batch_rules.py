"""Items may be decided in a batch if they are alike, undoable and need one person's yes. Pure."""

from collections.abc import Iterable, Sequence

from approvals.models import Proposal, ReviewItem
from approvals.rules.policy_terms import PolicyAction, PolicyTerms, fitting

MOST = 50
STRANGER = "stranger"  # the trust of a text by somebody outside the business, in evidence


def same_shape_key(item: ReviewItem, proposals: Sequence[Proposal]) -> str:
    """Return a key that is equal for items of one workflow and kind with the same tools.

    Empty for items that are never decided in a batch: exceptions, undos, and what can't be undone.
    """
    if item.kind in ("exception", "undo") or not all(p.tool.undo_tool for p in proposals):
        return ""
    return ":".join([str(item.workflow_id), item.kind, *(p.tool_name for p in proposals)])


def batch_key(
    item: ReviewItem, proposals: Sequence[Proposal], policies: Iterable[PolicyTerms]
) -> str:
    """Return ``same_shape_key``; empty too for an item that is decided by itself.

    A policy needs several people for it or excludes some, or an argument stands only in a
    stranger's text.
    """
    acts = [PolicyAction(p.tool_name, p.kind, p.args) for p in proposals]
    terms = fitting(policies, item.workflow_id, acts)
    if terms is not None and (terms.apart or not terms.is_single):
        return ""
    if says_what_a_stranger_says(item):
        return ""
    return same_shape_key(item, proposals)


def says_what_a_stranger_says(item: ReviewItem) -> bool:
    """Whether an argument of an agent's actions stands only in a stranger's text.

    The item's own page marks it, and a list of items does not.
    """
    origins = (item.evidence or {}).get("origins") or {}
    marks = [mark for of_step in origins.values() for mark in of_step]
    return any(m["trust"] == STRANGER and m["quote"] and not m.get("also") for m in marks)
