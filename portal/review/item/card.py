"""What the page of a review item says, worked out from what is stored. No queries, no clock."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from approvals.models import Proposal, ReviewItem
from approvals.rules.amounts import amounts
from approvals.rules.phrases import (
    FIELD,
    fill_phrase,
    has_hidden,
    is_money,
    show,
    spelled_out,
    titled,
)
from tenants.sources.support import NOT_SAID

RECIPIENTS = ("to", "cc", "bcc", "recipient", "recipients")
ADDRESS = re.compile(r"^[^@\s]+@[^@\s]+$")
# Kind of write: what the badge says, and its colour.
BADGES = {
    "refund": ("moves money", "red"),
    "purchase": ("moves money", "red"),
    "reprice": ("changes prices", "red"),
    "delete": ("deletes", "red"),
    "send": ("sends e-mail", "blue"),
    "publish": ("publishes", "blue"),
    "commit": ("commits you", "blue"),
    "edit": ("changes data", "blue"),
}
PLAIN_BADGES = {"draft": ("draft", ""), "recommendation": ("route", "")}
WEIGHT = {"red": 0, "orange": 1, "blue": 2}
EXCEPTION_BADGE = ("needs a person", "orange")
# Kinds that nobody expects to be undone, so that saying it would be noise.
NEVER_UNDONE = ("send", "publish")
STANDS = {
    "proposed": "waits for a decision",
    "approved": "approved, about to be carried out",
    "executing": "being carried out now",
    "executed": "done",
    "failed": "did not happen",
    "in_doubt": "may or may not have happened",
    "refused": "refused after the approval",
    "rejected": "not done",
    "expired": "not done, the time ran out",
    "cancelled": "not done",
    "undone": "done, and undone later",
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A word in a colour."""

    label: str
    tone: str


DONE_ALREADY = Badge("done already?", "orange")
ASKED_TWICE = Badge("asked twice", "orange")


@dataclass(frozen=True, slots=True)
class Bit:
    """A stretch of a sentence; strong where it came from the stored arguments."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """One stored argument as it will be used. ``hidden``: it holds characters one can't see."""

    name: str
    shown: str
    hidden: bool
    is_draft: bool = False
    long: bool = False


@dataclass(frozen=True, slots=True)
class ShownAction:
    """One proposal: what it does, with exactly what, and how it stands."""

    position: int
    title: str
    arguments: list[Argument]
    stands: str
    status: str
    undo: str
    result: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a drafted text. ``mark`` is "said", "unsaid", "unclear" or empty."""

    text: str
    mark: str = ""
    sources: tuple[int, ...] = ()
    why: str = ""


def badges(item: ReviewItem, proposals: Iterable[Proposal]) -> list[Badge]:
    """The badges of an item, the weightiest first, each once."""
    if item.kind == "exception":
        return [Badge(*EXCEPTION_BADGE)]
    kinds = [Badge(*BADGES[kind]) for kind in BADGES if kind in item.tags]
    final = [Badge("can't be undone", "orange")] if any(map(_is_final, proposals)) else []
    # Money first, then what can't be taken back, then the rest: a list has room for one.
    found = sorted(kinds + final, key=lambda badge: WEIGHT[badge.tone])
    if not found and item.kind in PLAIN_BADGES:
        found.append(Badge(*PLAIN_BADGES[item.kind]))
    return list(dict.fromkeys(found))


def _is_final(proposal: Proposal) -> bool:
    tool = proposal.tool
    can_undo = tool.undo_tool or tool.undo_hours
    return tool.effect == "write" and not can_undo and tool.kind not in NEVER_UNDONE


def effect(proposals: list[Proposal], locale: str) -> list[Bit]:
    """What happens on approval, in one sentence: each tool's phrase with the stored arguments."""
    bits: list[Bit] = []
    for number, proposal in enumerate(proposals):
        if number:
            bits.append(Bit(", then "))
        phrase = proposal.tool.phrases.get("effect") or f"{proposal.tool.title} is carried out"
        bits.extend(_filled(phrase, proposal.args, locale))
    if not bits:
        return []
    first = bits[0]
    return [Bit(first.text[:1].upper() + first.text[1:], first.strong), *bits[1:], Bit(".")]


def _filled(phrase: str, args: dict[str, Any], locale: str) -> Iterator[Bit]:
    position = 0
    for match in FIELD.finditer(phrase):
        if before := phrase[position : match.start()]:
            yield Bit(before)
        yield Bit(fill_phrase(match.group(), args, locale), strong=True)
        position = match.end()
    if after := phrase[position:]:
        yield Bit(after)


def undo(proposal: Proposal, locale: str, what: str = "this") -> str:
    """How this is undone, or that it can't be, without a full stop."""
    tool = proposal.tool
    if phrase := tool.phrases.get("undo"):
        return fill_phrase(phrase, proposal.args, locale)
    if tool.undo_tool or tool.undo_hours:
        window = f" for {tool.undo_hours} hours" if tool.undo_hours else ""
        return f"{what} can be undone{window}"
    return f"{what} can't be undone"


def undo_sentence(proposals: list[Proposal], locale: str) -> str:
    """How all of it is undone, in one sentence."""
    alone = len(proposals) == 1
    each = [undo(p, locale, "this" if alone else p.tool.title) for p in proposals]
    said = "; ".join(dict.fromkeys(each))  # two of one tool read alike
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def button(item: ReviewItem, proposals: list[Proposal]) -> str:
    """What accepting does, for the button: "Approve, refund and send"."""
    if proposals:
        return _all("Approve", proposals)
    if item.kind == "recommendation" and item.draft.get("to"):
        return f"Accept: route to {spelled_out(str(item.draft['to']))}"
    return "Accept as written"


def button_edited(proposals: list[Proposal]) -> str:
    """What accepting one's own version does."""
    if proposals:
        return _all("Approve your version", proposals)
    return "Accept your version"


def _all(first: str, proposals: list[Proposal]) -> str:
    does = [str(p.tool.phrases.get("button") or p.tool.kind or "do it") for p in proposals]
    *before, last = dict.fromkeys((first, *does))
    return f"{', '.join(before)} and {last}"


def action(proposal: Proposal, draft_text: str, locale: str) -> ShownAction:
    """One proposal for the table of stored arguments."""
    stands = STANDS.get(proposal.status, proposal.status)
    return ShownAction(
        position=proposal.position,
        title=titled(proposal.tool, proposal.args, locale),
        arguments=[
            _argument(name, value, draft_text, locale)
            for name, value in sorted(proposal.args.items(), key=lambda one: _weight(*one))
        ],
        stands=stands,
        status=proposal.status,
        undo=undo(proposal, locale),
        result=show(proposal.result, locale) if proposal.result else "",
    )


def _weight(name: str, value: Any) -> int:
    """Amounts first, then who gets it, then the rest as it is stored, long texts last."""
    if amounts(value):
        return 0
    if name in RECIPIENTS or (isinstance(value, str) and ADDRESS.match(value)):
        return 1
    return 3 if isinstance(value, str) and (len(value) > 200 or "\n" in value) else 2


def _argument(name: str, value: Any, draft_text: str, locale: str) -> Argument:
    shown = show(value, locale)
    if is_money(value):
        shown = f"{shown} ({value['currency']})"
    return Argument(
        name=spelled_out(name.replace("_", " ")),
        shown=shown,
        hidden=has_hidden(value) or has_hidden(name),
        is_draft=bool(draft_text) and value == draft_text,
        long="\n" in shown or len(shown) > 200,
    )


def letter_stretches(draft: dict[str, Any]) -> list[Stretch]:
    """A drafted text cut at its spans, hidden characters spelt out."""
    text, position, found = str(draft.get("text", "")), 0, []
    for span in sorted(draft.get("spans", []), key=lambda s: s["start"]):
        start, end = max(span["start"], position), span["end"]
        if start >= end:
            continue
        if start > position:
            found.append(Stretch(spelled_out(text[position:start])))
        found.append(
            Stretch(spelled_out(text[start:end]), _mark(span), tuple(span["sources"]), _why(span))
        )
        position = end
    if position < len(text):
        found.append(Stretch(spelled_out(text[position:])))
    return found


def _mark(span: dict[str, Any]) -> str:
    if span["supported"]:
        return "said"
    return "unsaid" if span.get("checkable", True) else "unclear"


def _why(span: dict[str, Any]) -> str:
    if span["supported"]:
        return ""
    return str(span.get("why") or NOT_SAID)


def request_rows(evidence: dict[str, Any], locale: str) -> list[Argument]:
    """What was asked, field by field."""
    given = evidence.get("input") or {}
    return [_argument(str(name), value, "", locale) for name, value in given.items()]
