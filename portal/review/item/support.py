"""Support of a draft's sentences by sources, for the item's page."""

from dataclasses import dataclass, replace
from typing import Any

from approvals.models import ReviewItem, TextDraft
from approvals.rules.phrases import spelled_out
from tenants.sources.selectors import contents
from tenants.sources.support import NOT_SAID, recheck

MOST_REMARKS = 8


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence that a source contradicts or that can't be checked, with the reason."""

    sentence: str
    why: str


def supported_draft(item: ReviewItem, first_draft: dict[str, Any] | None) -> TextDraft:
    """Return the item's draft with its spans, which are computed anew for an edited text.

    Two queries where a person edited the text, none otherwise.
    """
    draft = item.text_draft
    if not first_draft or draft.spans or not draft.text or draft.text == first_draft.get("text"):
        return draft
    read = item.evidence.get("sources", [])
    held = contents([piece["piece"] for piece in read if piece.get("piece")])
    found = [
        {**piece, "content": held[piece["piece"]]} for piece in read if piece.get("piece") in held
    ]
    return replace(draft, spans=recheck(draft.text, first_draft, found))


def remarks(draft: TextDraft) -> list[Remark]:
    """Return the first unsupported sentences with a reason beyond "no source says this"."""
    return [
        Remark(spelled_out(draft.words[span["start"] : span["end"]]), spelled_out(span["why"]))
        for span in sorted(draft.spans, key=lambda span: span["start"])
        if not span["supported"] and span.get("why", NOT_SAID) != NOT_SAID
    ][:MOST_REMARKS]
