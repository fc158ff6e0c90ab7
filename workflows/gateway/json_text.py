"""The JSON object in a model's text, out of the wrappings that models put around it. Pure."""

import json
import math
import re
from typing import Any

from tenants.text.json_depth import is_deeper

BLANK = " \t\r\n\ufeff\u200b\xa0"
THOUGHT = "<think>", "</think>"
OPENING = re.compile(r"\{(?=[ \t\r\n]*+[\"}])")  # of an object, and not of {a word}
# What counts inside an object: texts, whose brackets are none, and the brackets.
INSIDE = re.compile(r"\"(?:[^\"\\]++|\\.)*+\"|[{}\"]", re.DOTALL)
NO_JSON = "The model did not answer with JSON."


class NoObject(Exception):
    """There is no object that can be kept; the message says why, for people."""


class _Unkept(ValueError):
    """It is JSON, and holds what can't be kept."""


def read_object(text: str) -> dict[str, Any]:
    """The object that a text is or holds. Raises NoObject.

    A text that is JSON is taken as it is. Otherwise words, a fence or a list of thoughts may
    stand around the first object.
    """
    text = text.strip(BLANK)
    try:
        value = _loads(text)
        # An object that was written as JSON twice.
        value = _loads(value) if isinstance(value, str) else value
    except _Unkept as error:
        raise NoObject(str(error)) from error
    except (ValueError, RecursionError):
        value = _inside(text)
    if not isinstance(value, dict):
        raise NoObject(NO_JSON)
    if is_deeper(value):
        raise NoObject("The model's answer is nested too deep.")
    try:
        kept = json.dumps(value, ensure_ascii=False)
        kept.encode()
    except ValueError as error:
        raise NoObject("The model's answer holds half a character, which can't be kept.") from error
    if "\\u0000" in kept:
        raise NoObject("The model's answer holds a NUL, which can't be kept.")
    return value


def _inside(text: str) -> Any:
    """The first object among words; None where there is none. Each character is read once."""
    if text.startswith(THOUGHT[0]):
        text = text.partition(THOUGHT[1])[2]
    start = OPENING.search(text)
    while start:
        end = _end(text, start.start())
        if end is None:
            return None  # it breaks off: what stands inside it is not the answer
        try:
            value = _loads(text[start.start() : end])
        except _Unkept as error:
            raise NoObject(str(error)) from error
        except (ValueError, RecursionError):
            value = None
        if value:
            return value
        start = OPENING.search(text, end)
    return None


def _end(text: str, start: int) -> int | None:
    """Where the object that begins at ``start`` ends."""
    depth = 0
    for found in INSIDE.finditer(text, start):
        sign = found[0]
        if sign == '"':
            return None  # a text that never ends
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if not depth:
            return found.end()
    return None


def _loads(text: str) -> Any:
    """JSON; line ends may stand in its texts as they are."""
    return json.loads(
        text,
        strict=False,
        parse_constant=_no_number,
        parse_float=_number,
        parse_int=_whole,
        object_pairs_hook=_once,
    )


def _number(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise _Unkept(_unkept(text))
    return found


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:  # more digits than Python reads at once
        raise _Unkept(_unkept(text)) from error


def _no_number(text: str) -> float:
    raise _Unkept(_unkept(text))


def _unkept(text: str) -> str:
    said = text if len(text) <= 20 else f"{text[:20]}…"
    return f"The model's answer holds {said}, which is no number that can be kept."


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are given once, or each time with the same value."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made and made[name] != value:
            raise _Unkept(f"The model's answer gives {name[:40]} twice, with different values.")
        made[name] = value
    return made
