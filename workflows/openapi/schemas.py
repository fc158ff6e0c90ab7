"""A schema of an OpenAPI document becomes a JSON Schema of its own, with ``$ref`` filled in. Pure.

Schemas of OpenAPI 3.0 are an older dialect; what it says in its own way is said in that of draft
2020-12. Keywords without a meaning for what fits, such as ``example`` and ``xml``, are left out.
"""

from typing import Any

from workflows.openapi.problems import DocumentError
from workflows.openapi.spots import Spot

DEEPEST = 30  # levels of a schema
MOST_PARTS = 1000  # schemas that one becomes
LONGEST_WORDS = 500  # characters of a description that are kept
ARGUMENTS, ANSWER = "readOnly", "writeOnly"  # what is left out of a schema of either
# fmt: off
COPIED = {
    "type", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum",
    "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems",
    "uniqueItems", "minProperties", "maxProperties", "required", "default", "title",
    "dependentRequired", "minContains", "maxContains",
}
# fmt: on
ONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
NAMED = ("properties", "patternProperties", "dependentSchemas")
UNSUPPORTED = ("$dynamicRef", "$recursiveRef", "unevaluatedItems", "unevaluatedProperties")


class SchemaReader:
    """Reader of one schema. ``left_out`` is readOnly in arguments and writeOnly in answers."""

    def __init__(self, left_out: str) -> None:
        self.left_out = left_out
        self.parts = 0

    def read(self, spot: Spot, level: int = 0) -> Any:
        """Return the JSON Schema of a spot. Raises DocumentError where it can't be one."""
        self.parts += 1
        spot.document.visit(spot.pointer)
        if self.parts > MOST_PARTS:
            said = f"The schema becomes larger than {MOST_PARTS} parts."
            raise DocumentError("too_large", spot.pointer, said)
        if level > DEEPEST:
            said = f"The schema is deeper than {DEEPEST} levels."
            raise DocumentError("too_deep", spot.pointer, said)
        if isinstance(spot.value, bool):
            return spot.value
        if not isinstance(spot.value, dict):
            raise DocumentError("wrong_shape", spot.pointer, "A schema belongs here.")
        if spot.reference is None:
            return self._read_own(spot, level)
        found = self.read(spot.followed(), level)
        beside = {name: one for name, one in spot.value.items() if name != "$ref"}
        # In OpenAPI 3.0 what stands beside $ref says nothing.
        if spot.document.is_old or not beside:
            return found
        own = self._read_own(Spot(spot.document, beside, spot.pointer, spot.trail), level)
        return _beside(found, own)

    def _read_own(self, spot: Spot, level: int) -> dict[str, Any]:
        value = spot.value
        if odd := [name for name in UNSUPPORTED if name in value]:
            said = f"Schemas with {odd[0]} can't be used."
            raise DocumentError("schema", spot.pointer, said)
        made = {name: one for name, one in value.items() if name in COPIED}
        if isinstance(words := value.get("description"), str):
            made["description"] = words[:LONGEST_WORDS]
        for name in ONE:
            if name in value:
                made[name] = self.read(spot.at(name), level + 1)
        for name in SEVERAL:
            if name in value:
                made[name] = [self.read(one, level + 1) for one in spot.at(name).items()]
        for name in NAMED:
            if name in value:
                made[name] = {
                    key: self.read(one, level + 1) for key, one in spot.at(name).members()
                }
        self._leave_out(spot, made)
        return _of_old(made, value) if spot.document.is_old else made

    def _leave_out(self, spot: Spot, made: dict[str, Any]) -> None:
        """Take out of ``made`` the properties that only the other direction has."""
        for name, one in spot.at("properties").members():
            found = one.followed().value
            if isinstance(found, dict) and found.get(self.left_out) is True:
                del made["properties"][name]
                if isinstance(made.get("required"), list):
                    made["required"] = [other for other in made["required"] if other != name]
        if made.get("required") == []:
            del made["required"]


def _beside(found: Any, own: dict[str, Any]) -> Any:
    """Return a schema that a ``$ref`` led to with what stands beside the ``$ref``."""
    if isinstance(found, dict) and not found.keys() & (own.keys() - {"description", "title"}):
        return found | own
    return own | {"allOf": [found, *own.get("allOf", [])]} if own else found


def _of_old(made: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of OpenAPI 3.0 in the words of draft 2020-12."""
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(made.get(exclusive), bool) and made.pop(exclusive) and limit in made:
            made[exclusive] = made.pop(limit)
    if value.get("nullable") is not True:
        return made
    if "type" not in made:
        # The specification gives it no meaning without a type; documents mean it all the same.
        return {"anyOf": [made, {"type": "null"}]} if made else made
    if isinstance(made["type"], str):
        made["type"] = [made["type"], "null"]
    if isinstance(made.get("enum"), list) and None not in made["enum"]:
        made["enum"] = [*made["enum"], None]
    return made
