"""Reading a decision from a form, and the fields a person may edit."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from babel.numbers import get_currency_precision
from django.http import QueryDict
from django.utils import timezone

from approvals.models import Proposal, ReviewItem
from approvals.phrases import is_money
from approvals.services.batches import Picked
from approvals.services.decisions import Choice
from tenants import clock
from tenants.errors import Invalid

A_DAY = 24 * 3600
LONGEST = 100_000
# What a way out of an exception may need: a value for the step, a person to hand it to.
GIVEN = ("value", "to")
AMOUNT = re.compile(r"^-?\d{1,13}(\.\d{1,6})?$", re.ASCII)


@dataclass(frozen=True, slots=True)
class EditField:
    """One editable argument: ``kind`` is text, area, money, number or choice."""

    key: str
    label: str
    kind: str
    value: str
    unit: str = ""
    options: tuple[str, ...] = ()


def draft_text(item: ReviewItem) -> str | None:
    """The item's written text; None where it has none."""
    text = item.draft.get("text")
    return text if isinstance(text, str) else None


def follows_draft(item: ReviewItem, proposal: Proposal) -> bool:
    """Whether the proposal's prose is the item's draft, so that one edit changes both."""
    prose = proposal.tool.prose_arg
    text = draft_text(item)
    return bool(prose) and text is not None and proposal.args.get(prose) == text


def fields(
    item: ReviewItem, proposals: list[Proposal], posted: QueryDict | None = None
) -> list[tuple[Proposal, list[EditField]]]:
    """The editable arguments of each proposal, with what was typed if it came back."""
    found = []
    for proposal in proposals:
        own = [
            _field(proposal, name, value, posted) for name, value in _own(item, proposal).items()
        ]
        found.append((proposal, [f for f in own if f is not None]))
    return found


def _own(item: ReviewItem, proposal: Proposal) -> dict[str, Any]:
    hidden = {proposal.tool.prose_arg} if follows_draft(item, proposal) else set()
    return {name: value for name, value in proposal.args.items() if name not in hidden}


def _key(proposal: Proposal, name: str) -> str:
    return f"arg-{proposal.position}-{name}"


def _field(proposal: Proposal, name: str, value: Any, posted: QueryDict | None) -> EditField | None:
    key, label = _key(proposal, name), name.replace("_", " ").capitalize()
    schema = proposal.tool.args_schema.get("properties", {}).get(name, {})
    kind, text, unit = _shape(value)
    if not kind:
        return None
    options = tuple(str(o) for o in schema.get("enum", ())) if kind == "text" else ()
    if posted is not None and key in posted:
        text = str(posted[key])
    return EditField(key, label, "choice" if options else kind, text, unit, options)


def _shape(value: Any) -> tuple[str, str, str]:
    """Kind of field, its text, its unit. An empty kind can't be edited here."""
    if is_money(value):
        places = get_currency_precision(value["currency"])
        amount = Decimal(value["value"]).scaleb(-places)
        return "money", f"{amount:.{places}f}", value["currency"]
    if isinstance(value, bool):
        return "", "", ""
    if isinstance(value, int):
        return "number", str(value), ""
    if isinstance(value, str):
        return ("area" if "\n" in value or len(value) > 120 else "text"), value, ""
    return "", "", ""


def read_choice(item: ReviewItem, proposals: list[Proposal], posted: QueryDict) -> Choice:
    """The decision a form carries. Raises Invalid for an edit that can't be read."""
    choice = posted.get("choice", "")
    draft: str | None = None
    args: dict[int, dict[str, Any]] = {}
    if choice == "correct":
        draft, args = _edits(item, proposals, posted)
    return Choice(
        choice=choice,
        content_hash=posted.get("content_hash", ""),
        reason=posted.get("reason", ""),
        words=posted.get("words", "").strip()[:2000],
        draft=draft,
        args=args,
        given={n: posted[n] for n in GIVEN if n in posted} if choice == "resolve" else {},
        seconds=read_seconds(posted.get("opened", "")),
    )


def read_picks(posted: QueryDict) -> list[Picked]:
    """The items ticked in the queue, each with the content that was shown. Raises Invalid."""
    found = []
    for text in posted.getlist("pick"):
        item_id, _, content = text.partition(":")
        try:
            found.append(Picked(UUID(item_id), content))
        except ValueError as error:
            raise Invalid("Choose items of the list.", code="bad_pick") from error
    return found


def read_until(posted: QueryDict) -> datetime | None:
    """When an item is to come back: a moment, or a person's local time; None for now.

    Raises Invalid for what is neither.
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
    """How long a page was open, by the moment it carries; None where nobody can tell."""
    if not opened.isdigit():
        return None
    gone = int(clock.now().timestamp()) - int(opened[:12])
    return gone if 0 <= gone <= A_DAY else None


def _edits(
    item: ReviewItem, proposals: list[Proposal], posted: QueryDict
) -> tuple[str | None, dict[int, dict[str, Any]]]:
    before = draft_text(item)
    after = _lines(str(posted["draft"])) if "draft" in posted and before is not None else None
    draft = after if after != before else None
    if draft is not None and (not draft.strip() or len(draft) > LONGEST):
        raise Invalid("The text is empty or too long. Reject the draft instead.", code="no_text")
    args: dict[int, dict[str, Any]] = {}
    for proposal in proposals:
        changed = _changed(item, proposal, posted)
        if draft is not None and follows_draft(item, proposal):
            changed[proposal.tool.prose_arg] = draft
        if changed:
            args[proposal.position] = changed
    return draft, args


def _changed(item: ReviewItem, proposal: Proposal, posted: QueryDict) -> dict[str, Any]:
    changed = {}
    for name, value in _own(item, proposal).items():
        key = _key(proposal, name)
        if key in posted and _shape(value)[0]:
            new = _read(name, str(posted[key]), value)
            if new != value:
                changed[name] = new
    return changed


def _read(name: str, text: str, value: Any) -> Any:
    """What was typed in the shape of the former value."""
    label = name.replace("_", " ")
    if is_money(value):
        return {"value": _minor(label, text, value["currency"]), "currency": value["currency"]}
    if isinstance(value, int):
        if not text.strip().lstrip("-").isdecimal():
            raise Invalid(f"“{text}” is no whole number for {label}.", code="bad_number")
        return int(text)
    return _lines(text)


def _minor(label: str, text: str, currency: str) -> int:
    """Minor units of a typed amount. A comma is refused: it means different things to people."""
    if not AMOUNT.match(text.strip()):
        raise Invalid(f"“{text}” is no amount for {label}. Write it like 48.20.", code="bad_money")
    minor = Decimal(text.strip()).scaleb(get_currency_precision(currency))
    if minor != minor.to_integral_value():
        raise Invalid(f"“{text}” is finer than {currency} goes.", code="bad_money")
    return int(minor)


def _lines(text: str) -> str:
    """Browsers send CRLF; what we keep has plain line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
