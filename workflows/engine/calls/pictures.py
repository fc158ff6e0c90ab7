"""Pictures of calls: what a tool saw is kept beside its call, and what people saw before it."""

from collections.abc import Iterable
from typing import Any

from approvals.models import Proposal
from workflows.models import Call, CallPicture, FormPreview
from workflows.tools import ToolPicture, has_preview


def keep_pictures(call: Call, pictures: Iterable[ToolPicture]) -> None:
    """Store the pictures of a call, in the transaction that stores its answer."""
    rows = [
        CallPicture(call=call, is_before=one.is_before, content=one.content) for one in pictures
    ]
    CallPicture.objects.bulk_create(rows)


def form_shown(proposal: Proposal) -> dict[str, Any] | None:
    """Return the form that people saw of an action before they approved it; None for none."""
    if not has_preview(proposal.tool.adapter, proposal.tool.effect):
        return None
    form: dict[str, Any] | None = (
        FormPreview.objects.filter(proposal=proposal).values_list("form", flat=True).first()
    )
    return form
