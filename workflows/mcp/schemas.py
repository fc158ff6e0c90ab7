"""Schemas of servers that are written in an older draft of JSON Schema, in the words of 2020-12.

Many servers make their schemas with libraries that write draft-07, and say so in ``$schema``. What
the drafts changed: https://json-schema.org/draft/2020-12/release-notes, and those before it.
"""

from collections.abc import Callable
from typing import Any

from approvals.rules.schema_validation import DEEPEST

OLDER = (
    "json-schema.org/draft-04/schema",
    "json-schema.org/draft-06/schema",
    "json-schema.org/draft-07/schema",
    "json-schema.org/draft/2019-09/schema",
)
ONE = (
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
)
LISTS = ("allOf", "anyOf", "items", "oneOf")
MAPS = (
    "$defs",
    "definitions",
    "dependentSchemas",
    "dependencies",
    "patternProperties",
    "properties",
)


def modern_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema in the words of draft 2020-12; one that names no older draft as it is."""
    named = str(schema.get("$schema", "")).rstrip("#").partition("://")[2]
    if named not in OLDER:
        return schema
    kept = {name: value for name, value in schema.items() if name != "$schema"}
    made = _modern(kept, 0)
    assert isinstance(made, dict)
    return made


def _modern(schema: Any, level: int) -> Any:
    if not isinstance(schema, dict) or level > DEEPEST:  # too deep a schema is refused as such
        return schema

    def inner(value: Any) -> Any:
        return _modern(value, level + 1)

    made = {name: _part(name, value, inner) for name, value in schema.items()}
    _replace_tuple(made)
    _replace_dependencies(made)
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(made.get(exclusive), bool) and made.pop(exclusive) and limit in made:
            made[exclusive] = made.pop(limit)
    return made


def _part(name: str, value: Any, inner: Callable[[Any], Any]) -> Any:
    """Return one keyword's value, with the schemas in it made new."""
    if name in MAPS and isinstance(value, dict):
        return {key: inner(one) for key, one in value.items()}
    if name in LISTS and isinstance(value, list):
        return [inner(one) for one in value]
    return inner(value) if name in ONE else value


def _replace_tuple(made: dict[str, Any]) -> None:
    """Let ``prefixItems`` and ``items`` say what a list of ``items`` and the rest did."""
    rest = made.pop("additionalItems", None)
    if isinstance(made.get("items"), list):
        made["prefixItems"] = made.pop("items")
        if not made["prefixItems"]:
            del made["prefixItems"]
        if rest is not None:
            made["items"] = rest


def _replace_dependencies(made: dict[str, Any]) -> None:
    found = made.pop("dependencies", None)
    if not isinstance(found, dict):
        return
    needed = {name: one for name, one in found.items() if isinstance(one, list)}
    schemas = {name: one for name, one in found.items() if name not in needed}
    if needed:
        made["dependentRequired"] = needed | made.get("dependentRequired", {})
    if schemas:
        made["dependentSchemas"] = schemas | made.get("dependentSchemas", {})
