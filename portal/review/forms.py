"""Forms of the review pages: the editable fields, and parsing of decisions, picks and times."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone

from approvals.decisions.batch_rules import MOST
from approvals.decisions.batches import Picked
from approvals.decisions.services import Choice
from approvals.models import Proposal, ReviewItem
from approvals.text import following
from portal.review.argument_fields import Leaf, leaves, read, text_of, with_plain_ends
from tenants import clock
from tenants.errors import DomainError, Invalid

A_DAY = 24 * 3600
LONGEST = 100_000
# Inputs of an exception's resolution: a value for the step, a person to hand the work to.
GIVEN = ("value", "to")
ANSWER = "answer-"
# Prefix of a checkbox's name: whether the text also gets the new value in place of the old one.
FOLLOWS = "follows-"


@dataclass(frozen=True, slots=True)
class EditField:
    """One editable field; ``kind`` is that of its ``Leaf``, ``error`` the reason it was refused.

    ``in_text``: the drafted text contains the value; ``follows``: an edit changes the text too.
    """

    key: str
    label: str
    kind: str
    value: str
    unit: str = ""
    options: tuple[str, ...] = ()
    error: str = ""
    in_text: bool = False
    follows: bool = True


def draft_text(item: ReviewItem) -> str | None:
    """Return the item's drafted text, or None where the item has none."""
    text = item.draft.get("text")
    return text if isinstance(text, str) else None


def follows_draft(item: ReviewItem, proposal: Proposal) -> bool:
    """Return whether the proposal's prose is the item's draft, so that one edit changes both."""
    prose = proposal.tool.prose_arg
    text = draft_text(item)
    return bool(prose) and text is not None and proposal.args.get(prose) == text


def fields(
    item: ReviewItem,
    proposals: list[Proposal],
    posted: QueryDict | None = None,
    error: DomainError | None = None,
    *,
    locale: str,
) -> list[tuple[Proposal, list[EditField]]]:
    """Return each proposal with its editable fields, which keep what was posted and its errors."""
    refused = refused_fields(error)
    text = draft_text(item) or ""
    return [
        (
            proposal,
            [
                replace(
                    _field(proposal, leaf, posted, refused),
                    in_text=following.is_said(text, leaf.value, locale),
                    follows=posted is None or FOLLOWS + _key(proposal, leaf) in posted,
                )
                for leaf in _leaves(item, proposal)
            ],
        )
        for proposal in proposals
    ]


def refused_fields(error: DomainError | None) -> dict[str, str]:
    """Return an error's sentences by field: for unreadable values, and those a tool refuses."""
    if error is None:
        return {}
    found: dict[str, str] = dict(error.data.get("fields", {}))
    if error.code == "bad_args" and "position" in error.data:
        found[f"arg-{error.data['position']}-{error.data['field']}"] = says(error)
    return found


def says(error: DomainError) -> str:
    """Return the rule of a tool's schema that was broken as a sentence for people."""
    rule, limit = error.data.get("rule", ""), error.data.get("limit")
    known = {
        "maxLength": f"At most {limit} characters.",
        "minLength": "Write something here." if limit == 1 else f"At least {limit} characters.",
        "minItems": "Write at least one." if limit == 1 else f"At least {limit}.",
        "maxItems": f"At most {limit}.",
        "format": "This is not in the form the tool takes.",
        "pattern": "This is not in the form the tool takes.",
        "minimum": "This is too small.",
        "exclusiveMinimum": "This is too small.",
        "maximum": "This is too large.",
        "exclusiveMaximum": "This is too large.",
    }
    return known.get(rule, "The tool does not take this.")


def _leaves(item: ReviewItem, proposal: Proposal) -> list[Leaf]:
    hidden = {proposal.tool.prose_arg} if follows_draft(item, proposal) else set()
    own = {name: value for name, value in proposal.args.items() if name not in hidden}
    return list(leaves(own, proposal.tool.args_schema))


def _key(proposal: Proposal, leaf: Leaf) -> str:
    return f"arg-{proposal.position}-{'.'.join(leaf.path)}"


def _field(
    proposal: Proposal, leaf: Leaf, posted: QueryDict | None, refused: dict[str, str]
) -> EditField:
    key = _key(proposal, leaf)
    text = str(posted[key]) if posted is not None and key in posted else text_of(leaf)
    # The schema may refuse a part of a value, which has no field of its own.
    wrong = (said for at, said in refused.items() if at == key or at.startswith(f"{key}."))
    return EditField(key, leaf.label, leaf.kind, text, leaf.unit, leaf.options, next(wrong, ""))


def read_choice(
    item: ReviewItem, proposals: list[Proposal], posted: QueryDict, *, locale: str
) -> Choice:
    """Return the decision that a form posted. Raises Invalid for an edit that can't be read."""
    choice = posted.get("choice", "")
    draft: str | None = None
    args: dict[int, dict[str, Any]] = {}
    if choice == "correct":
        draft, args = _edits(item, proposals, posted, locale)
    return Choice(
        choice=choice,
        content_hash=posted.get("content_hash", ""),
        reason=posted.get("reason", ""),
        words=posted.get("words", "").strip()[:2000],
        draft=draft,
        args=args,
        given=_given(posted) if choice == "resolve" else {},
        seconds=read_seconds(posted.get("opened", "")),
        knew=frozenset(posted.getlist("knew")[:MOST]),
    )


def _given(posted: QueryDict) -> dict[str, Any]:
    """Return what the form of an exception gives, with the answers to a server's question."""
    answers = [name for name in posted if name.startswith(ANSWER)][:MOST]
    given: dict[str, Any] = {name: posted[name] for name in GIVEN if name in posted}
    return given | {name: posted.getlist(name)[:MOST] for name in answers}


def read_picks(posted: QueryDict) -> list[Picked]:
    """Return the items ticked in the queue, each with the content hash shown. Raises Invalid."""
    found = []
    for text in posted.getlist("pick"):
        item_id, _, content = text.partition(":")
        try:
            found.append(Picked(UUID(item_id), content))
        except ValueError as error:
            raise Invalid("Choose items of the list.", code="bad_pick") from error
    return found


def read_ids(posted: QueryDict) -> list[UUID]:
    """Return the ids of decided items to withdraw, at most MOST of them. Raises Invalid."""
    try:
        return [UUID(text) for text in posted.getlist("item")[:MOST]]
    except ValueError as error:
        raise Invalid("Choose items of the list.", code="bad_pick") from error


def read_until(posted: QueryDict) -> datetime | None:
    """Return the time until which an item is snoozed, or None to end the snooze at once.

    A time without an offset is in the active time zone. Raises Invalid for anything else.
    """
    text = posted.get("until") or posted.get("at", "")
    if text == "now":
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid("Choose when it should come back.", code="no_time") from error
    return found if found.tzinfo else timezone.make_aware(found)


def read_seconds(opened: str) -> int | None:
    """Return the seconds since a page was opened, or None where ``opened`` is no plausible time."""
    if not (opened.isascii() and opened.isdigit()):
        return None
    gone = int(clock.now().timestamp()) - int(opened[:12])
    return gone if 0 <= gone <= A_DAY else None


def _edits(
    item: ReviewItem, proposals: list[Proposal], posted: QueryDict, locale: str
) -> tuple[str | None, dict[int, dict[str, Any]]]:
    before = draft_text(item)
    text = (
        with_plain_ends(str(posted["draft"]))
        if "draft" in posted and before is not None
        else before
    )
    edited: list[tuple[Proposal, dict[str, Any]]] = []
    refused: dict[str, str] = {}
    follow: list[tuple[Any, Any]] = []
    for proposal in proposals:
        changed = _changed(item, proposal, posted, refused)
        for leaf, new in changed:
            if text is not None and FOLLOWS + _key(proposal, leaf) in posted:
                follow.append((leaf.value, new))
        edited.append((proposal, _merged(proposal, changed)))
    if text is not None:
        text = following.all_followed(text, follow, locale)
    if refused:
        raise Invalid(next(iter(refused.values())), code="bad_fields", fields=refused)
    draft = text if text != before else None
    if draft is not None and (not draft.strip() or len(draft) > LONGEST):
        raise Invalid("The text is empty or too long. Reject the draft instead.", code="no_text")
    args = {}
    for proposal, own in edited:
        if draft is not None and follows_draft(item, proposal):
            own[proposal.tool.prose_arg] = draft
        if own:
            args[proposal.position] = own
    return draft, args


def _merged(proposal: Proposal, changed: list[tuple[Leaf, Any]]) -> dict[str, Any]:
    """Return the changed values as whole arguments."""
    found: dict[str, Any] = {}
    for leaf, new in changed:
        name, *part = leaf.path
        if part:
            found.setdefault(name, dict(proposal.args[name]))[part[0]] = new
        else:
            found[name] = new
    return found


def _changed(
    item: ReviewItem, proposal: Proposal, posted: QueryDict, refused: dict[str, str]
) -> list[tuple[Leaf, Any]]:
    """Return the changed values; the error of an unreadable one goes to ``refused`` by its key."""
    changed = []
    for leaf in _leaves(item, proposal):
        key = _key(proposal, leaf)
        if key not in posted:
            continue
        try:
            # A QueryDict gives the last value: the checkbox's, where its hidden field has one too.
            new = read(leaf, str(posted[key]))
        except Invalid as error:
            refused[key] = error.message
            continue
        if new != leaf.value:
            changed.append((leaf, new))
    return changed
