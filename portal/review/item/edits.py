"""Edits of a draft and its actions as people read them: the words and the fields that changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from approvals.decisions.services import Choice
from approvals.models import Decision, Proposal, ReviewItem
from approvals.review import checks
from approvals.rules.phrases import show, spelled_out
from portal.review.item.text_diff import Word, changed_words
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Field:
    """One argument that was changed, before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Edits:
    """The words of the text with their changes, and the fields that changed."""

    text: list[Word]
    fields: list[Field]


def chosen(item: ReviewItem, proposals: list[Proposal], choice: Choice, locale: str) -> Edits:
    """Return the edits that a form being filled in would make."""
    by_position = {p.position: p for p in proposals}
    changed = [(by_position[n], args) for n, args in choice.args.items() if n in by_position]
    return _edits(item, choice.draft, changed, locale)


@dataclass(frozen=True, slots=True)
class TypedChanges:
    """Edits of a form that is being filled in, with the warnings about them.

    ``same`` are items, each with a sentence, whose actions did already what only this version
    would do: the form then posts them as known.
    """

    item_id: UUID
    edits: Edits | None
    disagreements: list[str]
    same: list[tuple[UUID, str]]
    twice: list[str]


def typed_changes(
    item: ReviewItem, proposals: list[Proposal], choice: Choice, tenant: Tenant
) -> TypedChanges:
    """Return the edits and warnings that the form shows below its fields.

    One query for each edited action whose tool defines when two actions are the same.
    """
    changed = checks.edited_apart(proposals, choice.args)
    acts = [p for p in proposals if p.position in changed]
    same = checks.earlier_as_edited(item.pk, acts, choice.args)
    return TypedChanges(
        item.pk,
        chosen(item, proposals, choice, tenant.locale),
        checks.item_disagreements(item, proposals, tenant.locale, choice.args, text=choice.draft),
        [(done.item_id, done.sentence(tenant)) for _, done in same],
        checks.duplicates_as_edited(proposals, choice.args),
    )


def edits_decided(
    item: ReviewItem, every: Iterable[Proposal], decision: Decision | None, locale: str
) -> Edits | None:
    """Return the edits that a decision made to the item's first version; None without edits."""
    if decision is None or decision.choice != "correct":
        return None
    # The last one of a position wins, which is its first revision.
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
    before = item.text_draft.words
    text = (
        changed_words(spelled_out(before), spelled_out(draft))
        if draft is not None and draft != before
        else []
    )
    fields = [
        Field(
            spelled_out(name.replace("_", " ")),
            show(proposal.args.get(name, ""), locale),
            show(value, locale),
        )
        for proposal, args in changed
        for name, value in args.items()
        if value != draft
    ]
    return Edits(text, fields)
