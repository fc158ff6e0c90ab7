"""Origins of an action's arguments: in which text that the model had seen each stands. Pure.

A value that stands in a stranger's text is marked with the words around it. One that stands nowhere
was written by the model, which is said too: it had read those texts.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from approvals.rules.hidden_characters import is_hidden

AROUND = 40  # characters quoted on either side
SHORT = 4  # characters; shorter values must stand alone to be found
LONGEST_VALUE = 200  # characters of a value that are looked for
SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class SeenText:
    """Text that a model had seen. ``said`` names it in a sentence, as "the e-mail of 10:47".

    ``is_trusted``: it is the client's own. ``asked_with`` are the values that it was asked with, as
    of a tool: that they come back says nothing.
    """

    said: str
    text: str
    is_trusted: bool
    asked_with: tuple[str, ...] = ()


def origins_of_args(args: dict[str, Any], seen: Sequence[SeenText]) -> list[dict[str, Any]]:
    """Return the origin of each argument, as the evidence of an item keeps it.

    Each has ``path``, ``said``, ``quote`` and ``is_trusted``, and ``also``: the client's own text
    in which a value of a stranger's stands too.
    """
    texts = [(one, compared(one.text)) for one in seen]
    strangers = [one.said for one in seen if not one.is_trusted]
    return [_origin(path, value, texts, strangers) for path, value in _leaves(args)]


def compared(text: str) -> str:
    """Return a text in the form in which values are looked for in it."""
    plain = "".join(char for char in unicodedata.normalize("NFKC", text) if not is_hidden(char))
    return SPACES.sub(" ", plain).casefold().strip()


def _origin(
    path: str, value: Any, texts: list[tuple[SeenText, str]], strangers: list[str]
) -> dict[str, Any]:
    forms = _forms(value)
    found = [(one, quote) for one, text in texts if (quote := _find(forms, one, text))]
    # A stranger's text first: short values stand in many texts by chance.
    found.sort(key=lambda pair: pair[0].is_trusted)
    if found:
        one, quote = found[0]
        own = [] if one.is_trusted else [other for other, _ in found if other.is_trusted]
        is_telling = isinstance(value, str) and len(value) >= SHORT
        return {
            "path": path,
            "said": one.said,
            "quote": quote,
            "is_trusted": one.is_trusted,
            **({"also": own[0].said} if own and is_telling else {}),
        }
    read = f", which had read {', '.join(dict.fromkeys(strangers))}" if strangers else ""
    said = f"the model{read}"
    return {"path": path, "said": said, "quote": "", "is_trusted": not strangers}


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


def _find(forms: list[str], seen: SeenText, text: str) -> str:
    """Return the words around the first form found in a text; empty where none is."""
    asked = {compared(one) for one in seen.asked_with}
    for form in forms:
        if not form or form in asked:
            continue
        at = _place(form, text)
        if at >= 0:
            start, end = max(0, at - AROUND), at + len(form) + AROUND
            before, after = "…" if start else "", "…" if end < len(text) else ""
            return f"{before}{text[start:end].strip()}{after}"
    return ""


def _place(form: str, text: str) -> int:
    if len(form) >= SHORT and not form[0].isdigit():
        return text.find(form)
    found = re.search(rf"(?<![\w.,]){re.escape(form)}(?![\w]|[.,]\d)", text)
    return found.start() if found else -1
