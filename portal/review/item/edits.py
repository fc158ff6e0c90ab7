"""What a person changed of a draft and its actions, for reading: the words and the fields."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from approvals.decisions.services import Choice
from approvals.models import Decision, Proposal, ReviewItem
from approvals.review import checks
from approvals.rules.phrases import show, spelled_out
from portal.review.item.text_diff import Word, changed_words
from tenants.models import Tenant


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


def typed(
    item: ReviewItem, proposals: list[Proposal], choice: Choice, tenant: Tenant
) -> dict[str, Any]:
    """What a form says below its fields: changes, and what speaks against them.

    ``typed_same`` are items that did before what only this version would do, for the form to
    carry as known. A query for each edited action whose tool says what makes two the same.
    """
    changed = checks.edited_apart(proposals, choice.args)
    acts = [p for p in proposals if p.position in changed]
    same = checks.earlier_as_edited(item.pk, acts, choice.args)
    return {
        "edits": chosen(item, proposals, choice, tenant.locale),
        "typed_disagreements": checks.item_disagreements(
            item, proposals, tenant.locale, choice.args, text=choice.draft
        ),
        "typed_same": [(done.item_id, done.sentence(tenant)) for _, done in same],
        "typed_twice": checks.duplicates_as_edited(proposals, choice.args),
        "typed_item": item.pk,
    }


def edits_decided(
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
