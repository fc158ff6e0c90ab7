"""A JSON Schema closed at every level: a value may hold what the schema names and no more. Pure.

``unevaluatedProperties`` (JSON Schema 2020-12, core, section 11.3) sees through ``$ref``,
``allOf`` and the like, so a schema that is put together of parts can be closed as a whole.
"""

from typing import Any

# Keywords whose schemas describe the same value: what each names belongs to the whole.
_SAME = ("allOf", "anyOf", "oneOf", "then", "else", "$ref", "$dynamicRef", "dependentSchemas")
_DEFINITIONS = ("$defs", "definitions", "dependentSchemas")
_SCALARS = {"string", "number", "integer", "boolean", "null"}


def closed(schema: Any) -> Any:
    """``schema`` with everything refused that it does not name, however deep.

    An object that says which further properties it takes, as a map of texts, keeps them; "any"
    is no such word. Values it says nothing of may be texts and numbers, not objects.
    """
    found = _parts_closed({} if schema is True else schema)
    if not isinstance(found, dict) or found.get("type") in _SCALARS:
        return found
    if found.get("additionalProperties") is True:
        del found["additionalProperties"]
    if any(key in found for key in _SAME):
        found["unevaluatedProperties"] = False
    else:  # the same, worked out faster
        found.setdefault("additionalProperties", False)
    if "items" not in found and not any(key in found for key in _SAME):
        found["items"] = {"type": sorted(_SCALARS)}
    return found


def _parts_closed(schema: Any) -> Any:
    """``schema`` with the values inside it closed, but not itself."""
    if not isinstance(schema, dict):
        return schema
    found = dict(schema)
    for key in ("allOf", "anyOf", "oneOf"):
        if isinstance(found.get(key), list):
            found[key] = [_parts_closed(one) for one in found[key]]
    for key in ("then", "else"):
        if key in found:
            found[key] = _parts_closed(found[key])
    for key in ("items", "additionalProperties", "unevaluatedItems"):
        if key in found and (found[key] is not True or key == "items"):
            found[key] = closed(found[key])
    for key in ("properties", "patternProperties"):
        if isinstance(found.get(key), dict):
            found[key] = {name: closed(one) for name, one in found[key].items()}
    if isinstance(found.get("prefixItems"), list):
        found["prefixItems"] = [closed(one) for one in found["prefixItems"]]
    for key in _DEFINITIONS:
        if isinstance(found.get(key), dict):
            found[key] = {name: _parts_closed(one) for name, one in found[key].items()}
    return found
