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


def origins_of_args(args: dict[str, Any], seen: Sequence[SeenText]) -> list[dict[str, Any]]:
    """Return the origin of each argument, as the evidence of an item keeps it.

    Each has ``path``, ``said``, ``quote`` and ``trust``, ``of``, the hash of the value, and
    ``also``: the text of the client or a tool in which a stranger's value stands too. A value of
    the model's own is trusted as the least of what it had read.
    """
    texts = [(one, plain_text(one.text)) for one in seen]
    others = [one for one in seen if one.trust is not Trust.OWN]
    return [
        {"path": path, "of": sha256(value), **_origin(value, texts, others)}
        for path, value in _leaves(args)
    ]


def plain_text(text: str) -> str:
    """Return a text as a reader sees it, on one line."""
    seen = "".join(char for char in unicodedata.normalize("NFKC", text) if not is_hidden(char))
    return SPACES.sub(" ", seen).strip()


def compared(text: str) -> str:
    """Return a text in the form in which it is compared with others."""
    return plain_text(text).casefold()


def _origin(
    value: Any, texts: list[tuple[SeenText, str]], others: list[SeenText]
) -> dict[str, Any]:
    forms = _forms(value)
    found = [(one, quote) for one, text in texts if (quote := _find(forms, one, text))]
    # A stranger's text first: short values stand in many texts by chance.
    found.sort(key=lambda pair: ORDER.index(pair[0].trust))
    if found:
        one, quote = found[0]
        known = [other for other, _ in found if other.trust is not Trust.STRANGER]
        is_telling = isinstance(value, str) and len(value) >= SHORT
        has_also = known and is_telling and one.trust is Trust.STRANGER
        also = {"also": known[-1].said} if has_also else {}
        return {"said": one.said, "quote": quote, "trust": one.trust.value, **also}
    names = list(dict.fromkeys(one.said for one in others))
    read = f", which had read {joined_by_and(names)}" if names else ""
    least = min((one.trust for one in others), key=ORDER.index, default=Trust.OWN)
    return {"said": f"the model{read}", "quote": "", "trust": least.value}


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each text and number of arguments, with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{number}")
    elif (isinstance(value, str) and value.strip()) or (
        isinstance(value, int | float) and not isinstance(value, bool)
    ):
        yield path, value


def _forms(value: Any) -> list[str]:
    """Return the forms in which a value may stand in a text; amounts are in minor units."""
    if isinstance(value, str):
        return [compared(value)[:LONGEST_VALUE]]
    forms = [str(value)]
    if isinstance(value, int):
        forms += [f"{value / 100:.2f}", f"{value / 100:,.2f}", f"{value:,}"]
        forms += [f"{value / 100:.2f}".replace(".", ",")]
        if value % 100 == 0:
            forms.append(str(value // 100))
    return forms


def _find(forms: list[str], seen: SeenText, plain: str) -> str:
    """Return the words around the first form found in a text; empty where none is."""
    asked, text = {compared(one) for one in seen.asked_with}, plain.casefold()
    # A few letters fold to more than one: then the quote is what was compared.
    shown = plain if len(plain) == len(text) else text
    for form in forms:
        if not form or form in asked:
            continue
        at = _place(form, text)
        if at >= 0:
            start, end = max(0, at - AROUND), at + len(form) + AROUND
            before, after = "…" if start else "", "…" if end < len(text) else ""
            return f"{before}{shown[start:end].strip()}{after}"
    return ""


def _place(form: str, text: str) -> int:
    if len(form) >= SHORT and not form[0].isdigit():
        return text.find(form)
    found = re.search(rf"(?<![\w.,]){re.escape(form)}(?![\w]|[.,]\d)", text)
    return found.start() if found else -1
