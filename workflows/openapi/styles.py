"""Styles of parameters: how the value of one is written in its place of a request. Pure.

The names are those of OpenAPI 3.1, "Style Values". A style from which a server could not read the
value back is refused, and so is one of which the specification does not say how it is written.
"""

from collections.abc import Iterable
from typing import Any

from workflows.openapi.problems import DocumentError
from workflows.openapi.spots import Spot

# The style of each place where none is said.
STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
DELIMITED = {"pipeDelimited": "pipes", "spaceDelimited": "spaces"}
DEEP = "deepObject"


def parameter_style(spot: Spot, where: str, name: str, schema: Any) -> str:
    """Return how a parameter is written: commas, repeated, pipes, spaces or deep.

    ``schema`` is the JSON Schema of its value. Raises DocumentError for a style that can't be.
    """
    style = spot.text("style") or STYLES[where]
    explode = spot.at("explode").value
    if where == "query" and style == DEEP:
        _check_deep(spot, name, schema)
        return "deep"
    if style != STYLES[where] and (where != "query" or style not in DELIMITED):
        said = f"Its parameter {name} is written in the style {style[:40]}, which can't be done."
        raise DocumentError("unsupported_style", spot.pointer, said)
    types = _types(schema)
    if "object" in types:
        said = (
            f"Its parameter {name} is an object, which the style {style} can't be read back from."
        )
        raise DocumentError("unsupported_style", spot.pointer, said)
    if where == "cookie" and "array" in types:
        said = f"Its parameter {name} is a list, which can't be sent in a cookie."
        raise DocumentError("unsupported_style", spot.pointer, said)
    if where == "query" and (explode is True or (explode is None and style == "form")):
        return "repeated"
    return DELIMITED.get(style, "commas")


def _check_deep(spot: Spot, name: str, schema: Any) -> None:
    """Raise DocumentError for no object, and for one with lists or objects inside."""
    if (types := _types(schema)) and "object" not in types:
        said = f"Its parameter {name} is no object, and {DEEP} writes objects alone."
        raise DocumentError("unsupported_style", spot.pointer, said)
    for one in _alternatives(schema):
        inner = one.get("properties", {}).values() if isinstance(one, dict) else ()
        if "array" in _types(one) or any(_types(each) & {"array", "object"} for each in inner):
            said = f"Its parameter {name} has lists or objects inside, which {DEEP} can't carry."
            raise DocumentError("unsupported_style", spot.pointer, said)


def _types(schema: Any) -> set[str]:
    """Return the types that a value may be said to have."""
    found: set[str] = set()
    for one in _alternatives(schema):
        given = one.get("type", []) if isinstance(one, dict) else []
        named = given if isinstance(given, list) else [given]
        found |= {name for name in named if isinstance(name, str)}
        if isinstance(one, dict) and "properties" in one:
            found.add("object")
    return found


def _alternatives(schema: Any) -> Iterable[Any]:
    """Yield a schema and all that stand in its ``anyOf``, ``oneOf`` and ``allOf``."""
    yield schema
    for name in ("anyOf", "oneOf", "allOf"):
        inner = schema.get(name, []) if isinstance(schema, dict) else []
        for one in inner if isinstance(inner, list) else []:
            yield from _alternatives(one)
