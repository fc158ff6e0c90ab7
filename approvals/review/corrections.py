"""A person's edits of a draft or of arguments are checked before anything is written."""

from typing import Any

from approvals.gate.tools import check_args
from approvals.models import Proposal, ReviewItem
from approvals.rules.hidden_characters import shows_nothing
from approvals.rules.phrases import title_of
from audit.canonical import canonical
from tenants.errors import Invalid

Corrections = dict[int, dict[str, Any]]


def corrections(
    item: ReviewItem, proposals: list[Proposal], draft: str | None, args: Corrections
) -> Corrections:
    """Return the changed arguments by proposal position, in canonical form.

    Where an action carries the draft as its prose argument, an edit of the draft changes that
    argument too, unless ``args`` has another value for it: what a person wrote is what is sent.
    Raises Invalid for an edit that changes nothing, or that the tool does not take.
    """
    if draft is not None and shows_nothing(draft):
        raise Invalid("The text is empty. Write it, or reject it instead.", code="empty")
    by_position = {p.position: p for p in proposals}
    if unknown := args.keys() - by_position.keys():
        raise Invalid(f"There is no action number {min(unknown) + 1} here.", code="no_edit")
    found: Corrections = {}
    for position, proposal in by_position.items():
        wanted = _prose(item, proposal, draft) | args.get(position, {})
        merged = canonical({**proposal.args, **wanted})
        changed = {k: v for k, v in merged.items() if proposal.args.get(k, _ABSENT) != v}
        if changed:
            _check(proposal, merged, changed)
            found[position] = changed
    if not found and draft in (None, item.text_draft.text):
        raise Invalid("Nothing was changed. Approve it as it is instead.", code="no_edit")
    return found


_ABSENT = object()


def _check(proposal: Proposal, merged: dict[str, Any], changed: dict[str, Any]) -> None:
    try:
        check_args(proposal.tool, merged, typed=changed)
    except Invalid as error:
        error.data["position"] = proposal.position  # which of the item's actions it is
        raise


def _prose(item: ReviewItem, proposal: Proposal, draft: str | None) -> dict[str, Any]:
    name = proposal.tool.prose_arg
    if draft is None or not name or proposal.args.get(name) != item.text_draft.text:
        return {}
    return {name: draft}


def args_with(proposal: Proposal, changed: Corrections) -> dict[str, Any]:
    """Return a proposal's arguments with a person's edits."""
    return {**proposal.args, **changed.get(proposal.position, {})}


def title_with(item: ReviewItem, proposals: list[Proposal], changed: Corrections) -> str:
    """Return the item's title with these edits, as the title of an action says its arguments."""
    if item.kind != "proposal" or not changed:
        return item.title
    acts = ((p.tool, args_with(p, changed)) for p in proposals)
    return title_of(acts)[:200]
