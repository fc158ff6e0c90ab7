"""Origins of an action's arguments: in which text that the model had seen each stands. Pure.

A value that stands in a stranger's text is marked with the words around it. One that stands nowhere
was written by the model, which is said too: it had read those texts.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from approvals.rules.hidden_characters import is_hidden
from audit.canonical import sha256
from tenants.text.sentences import joined_by_and

AROUND = 40  # characters quoted on either side
SHORT = 4  # characters; shorter values must stand alone to be found
LONGEST_VALUE = 200  # characters of a value that are looked for
MOST_VALUES = 300  # values of an action that are looked for, each in every text
SPELLED = range(6, 41)  # letters and digits of a number that may be spelled with spaces
BETWEEN_DIGITS = re.compile(r"[\W_]+")
SPACES = re.compile(r"\s+")


class Trust(StrEnum):
    """How far a text is trusted, least first: a stranger's, a tool's answer, the client's own."""

    STRANGER = "stranger"
    TOOL = "tool"
    OWN = "own"


ORDER = list(Trust)


@dataclass(frozen=True, slots=True)
class SeenText:
    """Text that a model had seen. ``said`` names it in a sentence, as "the e-mail of 10:47".

    ``asked_with`` are the values that it was asked with, as of a tool: that they come back says
    nothing.
    """

    said: str
    text: str
    trust: Trust
    asked_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Searched:
    """Text in the forms in which values are looked for, made once for all of them."""

    seen: SeenText
    shown: str
    folded: str
    squeezed: str  # without spaces and marks
    asked: tuple[str, ...]

    @classmethod
    def of(cls, seen: SeenText) -> "_Searched":
        plain = plain_text(seen.text)
        folded = plain.casefold()
        # A few letters fold to more than one: then the quote is what was compared.
        shown = plain if len(plain) == len(folded) else folded
        asked = tuple(compared(one) for one in seen.asked_with)
        return cls(seen, shown, folded, BETWEEN_DIGITS.sub("", folded), asked)


def origins_of_args(args: dict[str, Any], seen: Sequence[SeenText]) -> list[dict[str, Any]]:
    """Return the origin of each argument, as the evidence of an item keeps it.

    Each has ``path``, ``said``, ``quote`` and ``trust``, ``of``, the hash of the value, and
    ``also``: the text of the client or a tool in which a stranger's value stands too; ``at`` has
    the parts of a path with a name that has a dot itself. A value of the model's own is trusted as
    the least of what it had read. So is an argument with more values than are looked for.
    """
    texts = [_Searched.of(one) for one in seen]
    others = [one for one in seen if one.trust is not Trust.OWN]
    leaves = list(_leaves(args))
    marks = [_mark(at, value, _origin(value, texts, others)) for at, value in leaves[:MOST_VALUES]]
    rest = dict.fromkeys(at[0] for at, _ in leaves[MOST_VALUES:])
    return marks + [_mark((name,), args[name], _own_words(others)) for name in rest]


def _mark(at: tuple[str, ...], value: Any, origin: dict[str, Any]) -> dict[str, Any]:
    dotted = {"at": list(at)} if any("." in part for part in at) else {}
    return {"path": ".".join(at), **dotted, "of": sha256(value), **origin}


def plain_text(text: str) -> str:
    """Return a text as a reader sees it, on one line."""
    text = unicodedata.normalize("NFKC", text)
    hidden = {ord(char): None for char in set(text) if is_hidden(char)}
    return SPACES.sub(" ", text.translate(hidden)).strip()


def compared(text: str) -> str:
    """Return a text in the form in which it is compared with others."""
    return plain_text(text).casefold()


def _origin(value: Any, texts: list[_Searched], others: list[SeenText]) -> dict[str, Any]:
    forms = _forms(value)
    found = [(one.seen, quote) for one in texts if (quote := _find(forms, one))]
    # A stranger's text first: short values stand in many texts by chance.
    found.sort(key=lambda pair: ORDER.index(pair[0].trust))
    if found:
        one, quote = found[0]
        known = [other for other, _ in found if other.trust is not Trust.STRANGER]
        is_telling = isinstance(value, str) and len(value) >= SHORT
        has_also = known and is_telling and one.trust is Trust.STRANGER
        also = {"also": known[-1].said} if has_also else {}
        return {"said": one.said, "quote": quote, "trust": one.trust.value, **also}
    return _own_words(others)


def _own_words(others: list[SeenText]) -> dict[str, Any]:
    """Return the origin of what the model wrote, after it had read these texts."""
    names = list(dict.fromkeys(one.said for one in others))
    read = f", which had read {joined_by_and(names)}" if names else ""
    least = min((one.trust for one in others), key=ORDER.index, default=Trust.OWN)
    return {"said": f"the model{read}", "quote": "", "trust": least.value}


def _leaves(value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each text and number of arguments, with the parts of its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*at, str(key)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, (*at, str(number)))
    elif (isinstance(value, str) and value.strip()) or (
        isinstance(value, int | float) and not isinstance(value, bool)
    ):
        yield at, value


COMMA_FOR_POINT = str.maketrans(".,", ",.")


def _forms(value: Any) -> list[str]:
    """Return the forms in which a value may stand in a text; amounts are in minor units."""
    if isinstance(value, str):
        return [compared(value)[:LONGEST_VALUE]]
    forms = [str(value)]
    if isinstance(value, int):
        forms += [f"{value / 100:.2f}", f"{value / 100:,.2f}", f"{value:,}"]
        forms += [f"{value / 100:,.2f}".translate(COMMA_FOR_POINT)]
        forms += [f"{value / 100:.2f}".replace(".", ",")]
        if value % 100 == 0:
            forms.append(str(value // 100))
    return forms


def _find(forms: list[str], text: _Searched) -> str:
    """Return the words around the first form found in a text; empty where none is."""
    for form in forms:
        # What a tool was asked with says nothing where it comes back, alone or in a sentence.
        if not form or any(_place(form, one)[0] >= 0 for one in text.asked):
            continue
        at, length = _place(form, text.folded)
        if at < 0 and len(forms) == 1:
            at, length = _spelled_place(form, text)
        if at >= 0:
            return _quote(text.shown, at, at + length)
    return ""


def _quote(text: str, start: int, end: int) -> str:
    """Return a place of a text with the whole words around it."""
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    if len(before) < start:
        before = "…" + (before.partition(" ")[2] or before)
    if end + len(after) < len(text):
        after = (after.rpartition(" ")[0] or after) + "…"
    return f"{before}{text[start:end]}{after}".strip()


def _place(form: str, text: str) -> tuple[int, int]:
    """Return where a form stands in a text, and how long it is there; -1 where it does not."""
    if form not in text:
        return -1, 0  # many times faster than a pattern
    if len(form) >= SHORT and not form[0].isdigit():
        return text.find(form), len(form)
    # A currency may stand right before or after an amount.
    before, after = r"(?:(?<![\w.,])|(?<=\b[a-z]{3}))", r"(?:(?![\w]|[.,]\d)|(?=[a-z]{3}\b))"
    found = re.search(rf"{before}{re.escape(form)}{after}", text)
    return (found.start(), len(form)) if found else (-1, 0)


def _spelled_place(form: str, text: _Searched) -> tuple[int, int]:
    """Return where a number stands in a text with other spaces or marks, as that of an IBAN."""
    letters = BETWEEN_DIGITS.sub("", form)
    is_number = (
        len(letters) in SPELLED and sum(char.isdigit() for char in letters) >= len(letters) / 2
    )
    if not is_number or letters not in text.squeezed:
        return -1, 0
    spelled = r"[\W_]{0,3}".join(map(re.escape, letters))
    found = re.search(rf"(?<!\w){spelled}(?!\w)", text.folded)
    return (found.start(), len(found[0])) if found else (-1, 0)
