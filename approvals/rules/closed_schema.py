"""A JSON Schema is closed at every level: a value may hold what the schema names, no more. Pure.

``unevaluatedProperties`` (JSON Schema 2020-12, core, section 11.3) sees through ``$ref``, ``allOf``
and the like, so a schema made of parts can be closed as a whole.
"""

from typing import Any

# Keywords with schemas for the same value; the properties they name belong together.
_SAME = ("allOf", "anyOf", "oneOf", "then", "else", "$ref", "$dynamicRef", "dependentSchemas")
_DEFINITIONS = ("$defs", "definitions", "dependentSchemas")
# Keywords with a schema for further parts of a value; one that allows anything is dropped.
_FURTHER = ("additionalProperties", "unevaluatedProperties", "unevaluatedItems")
_EVERY_NAME = ("", ".", ".*", ".+")
_SCALARS = {"string", "number", "integer", "boolean", "null"}
_PLAIN = {"type": sorted(_SCALARS)}


def closed(schema: Any) -> Any:
    """Return ``schema`` changed so that it refuses everything it does not name, however deep.

    An object with a schema for further properties, as a map of texts, keeps it; a schema that
    allows anything is dropped. Values without a schema may be texts and numbers, not objects.
    """
    found = _parts_closed({} if schema is True else schema)
    if not isinstance(found, dict) or _is_scalar(found.get("type")):
        return found
    if any(key in found for key in _SAME):
        found["unevaluatedProperties"] = False
        if "items" not in found:
            found.setdefault("unevaluatedItems", _PLAIN)
        return found
    found.setdefault("additionalProperties", False)  # same effect, checked faster
    found.setdefault("items", _PLAIN)
    return found


def _is_scalar(types: Any) -> bool:
    """Return whether a schema's ``type``, one or several, allows only texts and numbers."""
    named = [types] if isinstance(types, str) else types
    return isinstance(named, list) and all(isinstance(n, str) and n in _SCALARS for n in named)


def _is_any(schema: Any) -> bool:
    return schema is True or schema == {}


def _parts_closed(schema: Any) -> Any:
    """Return ``schema`` with the values inside it closed, but not itself.

    Whatever refers to the result can then be closed as a whole.
    """
    if not isinstance(schema, dict):
        return schema
    found = {k: v for k, v in schema.items() if not (k in _FURTHER and _is_any(v))}
    for key in ("allOf", "anyOf", "oneOf"):
        if isinstance(found.get(key), list):
            found[key] = [_parts_closed(one) for one in found[key]]
    for key in ("if", "then", "else"):
        if key in found:
            found[key] = _parts_closed(found[key])
    for key in ("items", "additionalProperties", "unevaluatedItems"):
        if key in found:
            found[key] = closed(found[key])
    for key in ("properties", "patternProperties"):
        if isinstance(found.get(key), dict):
            found[key] = {
                name: closed(one)
                for name, one in found[key].items()
                if key == "properties" or not _takes_all(name, one)
            }
    if isinstance(found.get("prefixItems"), list):
        found["prefixItems"] = [closed(one) for one in found["prefixItems"]]
    for key in _DEFINITIONS:
        if isinstance(found.get(key), dict):
            found[key] = {name: _parts_closed(one) for name, one in found[key].items()}
    return found


def _takes_all(pattern: str, schema: Any) -> bool:
    """Return whether a pattern of names allows any name with any value."""
    return _is_any(schema) and pattern.strip("^$") in _EVERY_NAME
