"""JSON object in a model's text, taken out of the words that models put around it. Pure."""

import json
import math
import re
from typing import Any

from tenants.text.json_depth import is_deeper
from workflows.gateway.thoughts import without_thoughts

BLANK = " \t\r\n\ufeff\u200b\xa0"
OPENING = re.compile(r"\{(?=[ \t\r\n]*+[\"}])")  # of an object, and not of {a word}
# What counts inside an object: strings, in which brackets mean nothing, and brackets.
TOKENS = re.compile(r"\"(?:[^\"\\]++|\\.)*+\"|[{}\"]", re.DOTALL)
NO_JSON = "The model did not answer with JSON."


class NoObject(Exception):
    """Text without an object that can be kept; the message says why, for people."""


class _UnstorableJson(ValueError):
    """JSON with a value that can't be kept."""


def read_object(text: str) -> dict[str, Any]:
    """Return the JSON object that a text is or contains. Raises NoObject.

    Words, a code fence or the model's thoughts may stand around the object; the first one counts.
    """
    text = text.strip(BLANK)
    try:
        value = _whole_value(text)
    except (ValueError, RecursionError):
        value = _first_object(text)
    return _storable_object(value)


def parse_object(text: str) -> dict[str, Any]:
    """Return the JSON object that a text is, with nothing around it. Raises NoObject."""
    try:
        value = _whole_value(text.strip(BLANK))
    except (ValueError, RecursionError) as error:
        raise NoObject(NO_JSON) from error
    return _storable_object(value)


def _whole_value(text: str) -> Any:
    """Return a whole text as a JSON value. Raises NoObject, ValueError and RecursionError."""
    try:
        value = _loads(text)
        # Some models write the object as a JSON string.
        return _loads(value) if isinstance(value, str) else value
    except _UnstorableJson as error:
        raise NoObject(str(error)) from error


def _storable_object(value: Any) -> dict[str, Any]:
    """Return a value if it is an object that can be stored. Raises NoObject."""
    if not isinstance(value, dict):
        raise NoObject(NO_JSON)
    # Native JSON code recurses: what is too deep can be parsed here and fail to be stored later.
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


def _first_object(text: str) -> Any:
    """Return the first object among words, in linear time; None where there is none."""
    text = without_thoughts(text)
    start = OPENING.search(text)
    while start:
        end = _object_end(text, start.start())
        if end is None:
            return None  # the object breaks off: an object inside it is not the answer
        try:
            value = _loads(text[start.start() : end])
        except _UnstorableJson as error:
            raise NoObject(str(error)) from error
        except (ValueError, RecursionError):
            value = None
        if value:
            return value
        start = OPENING.search(text, end)
    return None


def _object_end(text: str, start: int) -> int | None:
    """Return the end of the object that begins at ``start``; None where it breaks off."""
    depth = 0
    for found in TOKENS.finditer(text, start):
        sign = found[0]
        if sign == '"':
            return None  # a string that never ends
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if not depth:
            return found.end()
    return None


def _loads(text: str) -> Any:
    """Parse JSON whose strings may have line ends in them."""
    return json.loads(
        text,
        strict=False,
        parse_constant=_refuse_constant,
        parse_float=_parse_float,
        parse_int=_parse_int,
        object_pairs_hook=_unique_names,
    )


def _parse_float(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise _UnstorableJson(_number_problem(text))
    return found


def _parse_int(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:  # more digits than Python reads at once
        raise _UnstorableJson(_number_problem(text)) from error


def _refuse_constant(text: str) -> float:
    raise _UnstorableJson(_number_problem(text))


def _number_problem(text: str) -> str:
    said = text if len(text) <= 20 else f"{text[:20]}…"
    return f"The model's answer holds {said}, which is no number that can be kept."


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of names that occur once, or each time with the same value."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made and made[name] != value:
            raise _UnstorableJson(
                f"The model's answer gives {name[:40]} twice, with different values."
            )
        made[name] = value
    return made
