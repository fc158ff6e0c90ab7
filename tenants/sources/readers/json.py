"""JSON files become records: a list of them, or an object of records by key."""

import json
import math
from typing import Any

from tenants.errors import Invalid
from tenants.sources.readers import decode, storable_text
from tenants.text.json_depth import is_deeper

SUFFIXES = (".json",)
KIND = "records"
MEDIA_TYPE = "application/json"


def read(content: bytes) -> list[dict[str, Any]]:
    """Return the records of a JSON file. Raises Invalid for anything but objects.

    In an object of records each gets its name as ``_key``.
    """
    try:
        value = json.loads(
            decode(content),
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_float=_number,
        )
    except json.JSONDecodeError as error:
        raise _broken(f"at line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise _broken("because it is nested too deep") from error
    except ValueError as error:  # a number of more digits than Python reads
        raise _broken("because a number in it is too long") from error
    if is_deeper(value):
        raise _broken("because it is nested too deep")
    if isinstance(value, dict) and all(isinstance(r, dict) for r in value.values()):
        return [{**record, "_key": key} for key, record in value.items()]
    if isinstance(value, list) and all(isinstance(r, dict) for r in value):
        return value
    raise Invalid(
        "The JSON must be a list of objects, or an object of objects.",
        code="unreadable_source",
    )


def _broken(why: str) -> Invalid:
    return Invalid(f"The JSON is broken {why}.", code="unreadable_source")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object with storable names and texts. Raises Invalid for a doubled name."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        name = storable_text(name)
        if name in found:
            raise _broken(f"because an object has “{name}” twice")
        found[name] = _kept(value)
    return found


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return storable_text(value)
    return [_kept(item) for item in value] if isinstance(value, list) else value


def _number(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _no_number(text: str) -> float:
    raise _broken(f"because {text} is no number")
