"""What a person changed of a draft and its actions, for reading: the words and the fields."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from approvals.models import Decision, Proposal, ReviewItem
from approvals.phrases import plain, show
from approvals.services.decisions import Choice
from portal.redline import Word, words


@dataclass(frozen=True, slots=True)
class Field:
    """One argument that was changed."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Edits:
    """The text with its changes, and the fields that changed."""

    text: list[Word]
    fields: list[Field]


def chosen(item: ReviewItem, proposals: list[Proposal], choice: Choice, locale: str) -> Edits:
    """What a form that is being filled in would change."""
    by_position = {p.position: p for p in proposals}
    changed = [(by_position[n], args) for n, args in choice.args.items() if n in by_position]
    return _edits(item, choice.draft, changed, locale)


def decided(
    item: ReviewItem, every: Iterable[Proposal], decision: Decision | None, locale: str
) -> Edits | None:
    """What a decision changed, against what was put before the person; None for nothing."""
    if decision is None or decision.choice != "correct":
        return None
    firsts = {p.position: p for p in sorted(every, key=lambda p: -p.revision)}
    edits = decision.edits.get("proposals", {})
    changed = [(firsts[int(n)], args) for n, args in edits.items() if int(n) in firsts]
    return _edits(item, decision.edits.get("draft"), changed, locale)


def _edits(
    item: ReviewItem,
    draft: str | None,
    changed: Iterable[tuple[Proposal, dict[str, Any]]],
    locale: str,
) -> Edits:
    before = str(item.draft.get("text", ""))
    text = words(plain(before), plain(draft)) if draft is not None and draft != before else []
    fields = [
        Field(
            plain(name.replace("_", " ")),
            show(proposal.args.get(name, ""), locale),
            show(value, locale),
        )
        for proposal, args in changed
        for name, value in args.items()
        if value != draft
    ]
    return Edits(text, fields)
