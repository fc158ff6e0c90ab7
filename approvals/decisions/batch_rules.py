"""Which items may be decided together: alike, undoable, and by one person's yes. Pure."""

from collections.abc import Iterable, Sequence

from approvals.models import Proposal, ReviewItem
from approvals.rules.policy_terms import PolicyAction, PolicyTerms, fitting

MOST = 50


def same_shape_key(item: ReviewItem, proposals: Sequence[Proposal]) -> str:
    """The same for items of one workflow and kind with the same tools; empty for those that
    are never decided together: exceptions, and what can't be undone.
    """
    if item.kind in ("exception", "undo") or not all(p.tool.undo_tool for p in proposals):
        return ""
    return ":".join([str(item.workflow_id), item.kind, *(p.tool_name for p in proposals)])


def batch_key(
    item: ReviewItem, proposals: Sequence[Proposal], policies: Iterable[PolicyTerms]
) -> str:
    """As ``same_shape_key``; empty too where a policy asks for more than one person's yes."""
    acts = [PolicyAction(p.tool_name, p.kind, p.args) for p in proposals]
    terms = fitting(policies, item.workflow_id, acts)
    if terms is not None and (terms.apart or not terms.is_single):
        return ""
    return same_shape_key(item, proposals)
