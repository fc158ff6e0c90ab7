"""Samples: a small value that fits a JSON Schema, always the same for the same schema. Pure.

Where no journal has an answer, a sealed run goes on with a sample. A text's name or format tells
what it looks like, so that a mail can be addressed to it. A schema that asks for more than is
tried here gets a value that does not fit, and the step says so.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

DEEPEST = 6  # from here on only what is required
ADDRESS = "sample@customers.example"
BY_FORMAT = {
    "email": ADDRESS,
    "idn-email": ADDRESS,
    "date": "2026-01-15",
    "date-time": "2026-01-15T09:00:00Z",
    "time": "09:00:00Z",
    "uri": "https://customers.example/",
    "url": "https://customers.example/",
    "hostname": "customers.example",
    "ipv4": "192.0.2.1",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
ADDRESSED = re.compile(r"(?:^|_)(?:e?mail|from|to|cc|bcc|sender|recipient|address)$", re.IGNORECASE)
CODES = {"currency": "USD", "country": "US", "language": "en", "locale": "en_US"}
TEXT = "Sample"
# Tried in turn where a text has a pattern.
TRIED = (TEXT, "sample", "SAMPLE", "1", "10", "1.00", "A1", "A-1", "AB-1234", "a", "2026-01-15")
TRIED_LONGER = ("12345", "123456", "1234567890", "+15550100", ADDRESS, "https://customers.example/")


def sample_of(schema: Any, *, name: str = "") -> Any:
    """Return a sample of a schema; ``name`` is that of the field it is for."""
    return _sample(schema, schema if isinstance(schema, dict) else {}, name, 0)


def text_sample(name: str) -> str:
    """Return the sample of a text by the name of its field."""
    if ADDRESSED.search(name):
        return ADDRESS
    return CODES.get(name.lower(), TEXT)


def _sample(schema: Any, root: Mapping[str, Any], name: str, depth: int) -> Any:
    if not isinstance(schema, dict):
        return TEXT
    schema = _merged(schema, root, depth)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    maker = _MAKERS.get(_type_of(schema))
    return maker(schema, root, name, depth) if maker else None


def _merged(schema: dict[str, Any], root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Return a schema with its reference, all of ``allOf``, and the first of its choices."""
    if depth > 2 * DEEPEST:
        return {name: schema[name] for name in schema if name not in ("$ref", "allOf")}
    parts = [_referred(schema["$ref"], root)] if isinstance(schema.get("$ref"), str) else []
    parts += schema.get("allOf") or []
    for choice in ("anyOf", "oneOf"):
        parts += (schema.get(choice) or [])[:1]
    found: dict[str, Any] = {
        key: value
        for key, value in schema.items()
        if key not in ("$ref", "allOf", "anyOf", "oneOf")
    }
    for part in parts:
        if isinstance(part, dict):
            inner = _merged(part, root, depth + 1)
            for key in ("properties", "required"):
                if key in inner and key in found:
                    inner[key] = _joined(found[key], inner[key])
            found |= inner
    return found


def _joined(one: Any, other: Any) -> Any:
    return {**one, **other} if isinstance(one, dict) else list(dict.fromkeys([*one, *other]))


def _referred(reference: str, root: Mapping[str, Any]) -> Any:
    """Return what a reference inside the schema leads to; nothing for any other."""
    found: Any = root
    for part in reference.removeprefix("#").split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        found = found.get(key) if isinstance(found, dict) else None
    return found if reference.startswith("#") else None


def _type_of(schema: Mapping[str, Any]) -> str:
    given = schema.get("type")
    if isinstance(given, list):
        given = next((one for one in given if one != "null"), "null")
    if given is None:
        return "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(given)


def _object(schema: dict[str, Any], root: Mapping[str, Any], name: str, depth: int) -> Any:
    fields = schema.get("properties") or {}
    required = schema.get("required") or []
    wanted = [one for one in fields if depth < DEEPEST or one in required]
    wanted += [one for one in required if one not in fields]
    if depth > 2 * DEEPEST:
        return {}
    return {one: _sample(fields.get(one, {}), root, one, depth + 1) for one in wanted}


def _array(schema: dict[str, Any], root: Mapping[str, Any], name: str, depth: int) -> Any:
    least, most = schema.get("minItems", 0), schema.get("maxItems", 1)
    if depth > DEEPEST and not least:
        return []
    count = min(max(least, 1), max(most, least), 100)
    return [_sample(schema.get("items", {}), root, name, depth + 1) for _ in range(count)]


def _string(schema: dict[str, Any], root: Mapping[str, Any], name: str, depth: int) -> str:
    known = BY_FORMAT.get(str(schema.get("format", "")), "") or text_sample(name)
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if pattern := schema.get("pattern"):
        known = next((one for one in (known, *TRIED, *TRIED_LONGER) if _fits(pattern, one)), known)
    if len(known) < least:
        known = (known + " ").ljust(min(least, 10_000), "x")
    return known if most is None or len(known) <= most else known[: max(most, 0)]


def _fits(pattern: Any, text: str) -> bool:
    # The patterns are read by the schema's author, and the texts are these few short ones.
    try:
        return re.search(str(pattern), text) is not None
    except re.error:
        return False


def _integer(schema: dict[str, Any], root: Mapping[str, Any], name: str, depth: int) -> int:
    return int(_number(schema, root, name, depth))


def _number(schema: dict[str, Any], root: Mapping[str, Any], name: str, depth: int) -> float:
    """Return 1, or the number nearest to it that is within the bounds."""
    step = schema.get("multipleOf") or 1
    low = schema.get("minimum")
    above = schema.get("exclusiveMinimum")
    if isinstance(above, int | float) and not isinstance(above, bool):
        low = above + step
    high = schema.get("maximum")
    below = schema.get("exclusiveMaximum")
    if isinstance(below, int | float) and not isinstance(below, bool):
        high = below - step
    found = 1 if step == 1 else step
    if low is not None and found < low:
        found = -(-low // step) * step
    return found if high is None or found <= high else high // step * step


_Maker = Callable[[dict[str, Any], Mapping[str, Any], str, int], Any]
_MAKERS: dict[str, _Maker] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda *_: True,
}
