"""Contents of an item's page, computed from the stored rows. No queries, no clock."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from approvals.models import Proposal, ReviewItem, TextDraft
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
from portal.review.item.origins import ArgumentOrigin
from tenants.sources.support import NOT_SAID
from tenants.text.sentences import joined_by_and

RECIPIENTS = ("to", "cc", "bcc", "recipient", "recipients")
ADDRESS = re.compile(r"^[^@\s]+@[^@\s]+$")
# Kind of write: the badge's label and its colour.
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
# No badge says that these can't be undone: people know it of a mail or a publication.
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
    """A label with a colour."""

    label: str
    tone: str


DONE_ALREADY = Badge("done already?", "orange")
ASKED_TWICE = Badge("asked twice", "orange")
IN_TEST = Badge("test environment", "orange")


@dataclass(frozen=True, slots=True)
class Bit:
    """A part of a sentence; ``strong`` where it comes from the stored arguments."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """One stored argument as the tool will get it. ``hidden``: it has invisible characters."""

    name: str
    shown: str
    hidden: bool
    is_draft: bool = False
    long: bool = False
    origin: ArgumentOrigin | None = None


@dataclass(frozen=True, slots=True)
class ShownAction:
    """One proposal as shown: its title, arguments, status, undo and result.

    ``form`` is a ``filled_form.FilledForm`` where its tool fills one, ``files`` are
    ``attached_files.ShownFile`` objects.
    """

    position: int
    title: str
    arguments: list[Argument]
    stands: str
    status: str
    undo: str
    result: str
    is_test: bool = False
    form: Any = None
    files: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a drafted text. ``mark`` is "said", "unsaid", "unclear" or empty.

    ``sources`` are the numbers of the sources for it, ``why`` the reason it is not supported.
    """

    text: str
    mark: str = ""
    sources: tuple[int, ...] = ()
    why: str = ""


def badges(item: ReviewItem, proposals: Iterable[Proposal]) -> list[Badge]:
    """Return the distinct badges of an item, the most important first."""
    if item.kind == "exception":
        return [Badge(*EXCEPTION_BADGE)]
    kinds = [Badge(*BADGES[kind]) for kind in BADGES if kind in item.tags]
    proposals = list(proposals)
    final = [Badge("can't be undone", "orange")] if any(map(_is_final, proposals)) else []
    # Money first, then "can't be undone", then the rest: the list shows only the first badge.
    found = sorted(kinds + final, key=lambda badge: WEIGHT[badge.tone])
    if not found and item.kind in PLAIN_BADGES:
        found.append(Badge(*PLAIN_BADGES[item.kind]))
    tested = [IN_TEST] if any(one.tool.is_test for one in proposals) else []
    return list(dict.fromkeys([*tested, *found]))


def _is_final(proposal: Proposal) -> bool:
    tool = proposal.tool
    can_undo = tool.undo_tool or tool.undo_hours
    return tool.effect == "write" and not can_undo and tool.kind not in NEVER_UNDONE


def effect(proposals: list[Proposal], locale: str) -> list[Bit]:
    """Return the effect of an approval as one sentence: tool phrases filled with arguments."""
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
    """Describe the undo of a proposal, or say that there is none, without a full stop."""
    tool = proposal.tool
    if proposal.status == "undone":
        return f"{what} was undone"
    if phrase := tool.phrases.get("undo"):
        return fill_phrase(phrase, proposal.args, locale)
    if tool.undo_tool or tool.undo_hours:
        window = f" for {tool.undo_hours} hours" if tool.undo_hours else ""
        return f"{what} can be undone{window}"
    return f"{what} can't be undone"


def undo_sentence(proposals: list[Proposal], locale: str) -> str:
    """Describe the undo of all proposals in one sentence."""
    alone = len(proposals) == 1
    each = [undo(p, locale, "this" if alone else p.tool.title) for p in proposals]
    said = "; ".join(dict.fromkeys(each))  # two actions of one tool give the same sentence
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def button(item: ReviewItem, proposals: list[Proposal]) -> str:
    """Return the label of the button that accepts: "Approve, refund and send"."""
    if proposals:
        return _all("Approve", proposals)
    if item.kind == "recommendation" and (to := item.text_draft.route_to):
        return f"Accept: route to {spelled_out(to)}"
    return "Accept as written"


def button_edited(proposals: list[Proposal]) -> str:
    """Return the label of the button that accepts an edited version."""
    if proposals:
        return _all("Approve your version", proposals)
    return "Accept your version"


def _all(first: str, proposals: list[Proposal]) -> str:
    does = [str(p.tool.phrases.get("button") or p.tool.kind or "do it") for p in proposals]
    said = joined_by_and(list(dict.fromkeys((first, *does))))
    # Of a card with both, the badge and each action say which is which.
    return f"{said} in test" if all(p.tool.is_test for p in proposals) else said


def action(
    proposal: Proposal,
    draft_text: str,
    locale: str,
    origins: Mapping[str, ArgumentOrigin] | None = None,
) -> ShownAction:
    """Return one proposal for the table of stored arguments, each with its origin, if known."""
    stands = STANDS.get(proposal.status, proposal.status)
    known = origins or {}
    return ShownAction(
        position=proposal.position,
        title=titled(proposal.tool, proposal.args, locale),
        arguments=[
            replace(_argument(name, value, draft_text, locale), origin=known.get(name))
            for name, value in sorted(proposal.args.items(), key=lambda one: _weight(*one))
        ],
        stands=stands,
        status=proposal.status,
        undo=undo(proposal, locale),
        is_test=proposal.tool.is_test,
        result=show(proposal.result, locale) if proposal.result else "",
    )


def _weight(name: str, value: Any) -> int:
    """Return an argument's sort key: amounts first, then recipients, the others, and long texts."""
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


def letter_stretches(draft: TextDraft) -> list[Stretch]:
    """Divide a drafted text at its spans, with hidden characters spelled out."""
    text, position, found = draft.words, 0, []
    for span in sorted(draft.spans, key=lambda s: s["start"]):
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
    """Return the fields of the run's request."""
    given = evidence.get("input") or {}
    return [_argument(str(name), value, "", locale) for name, value in given.items()]
