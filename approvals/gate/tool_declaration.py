"""The declaration of a tool is checked: effect, kind, schema, words, sameness and undo. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from approvals.models import Tool
from approvals.rules import expressions, schema_validation
from approvals.rules.closed_schema import closed
from approvals.rules.ladder import Effect, Kind
from approvals.rules.never import condition_fields
from approvals.rules.phrases import fields_of
from tenants.errors import Invalid

FILLED = ("title", "also", "effect", "undo")  # phrases whose fields are filled with arguments
# Keywords by which a schema may name properties elsewhere than in its own.
COMPOSED = {"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "patternProperties"}
COMPOSED |= {"dependentSchemas"}
# Words that people read as "this does nothing yet".
HARMLESS = re.compile(r"\b(test|trial|shadow|dry[ -]run|preview|simulat\w*|demo|try)\b", re.I)
CHECK = {"tool", "args", "if", "why"}


def named_tools(tool: Tool) -> set[str]:
    """Return the names of the tools that the declaration of ``tool`` refers to."""
    check = tool.undo_check if isinstance(tool.undo_check, dict) else {}
    return {str(name) for name in (tool.undo_tool, check.get("tool")) if name}


def check_declaration(tool: Tool, others: Mapping[str, Tool]) -> None:
    """Raise Invalid unless the tool is declared as it may be.

    ``others`` are the tools of ``named_tools`` that there are, by name.
    """
    if tool.effect not in set(Effect):
        raise Invalid(f"Say what {tool.name} does: read, draft, route or write.", code="effect")
    if tool.effect == Effect.WRITE and tool.kind not in set(Kind):
        raise Invalid(f"Say which kind of write {tool.name} is: {', '.join(Kind)}.", code="kind")
    if tool.effect != Effect.WRITE and tool.kind:
        raise Invalid(f"{tool.name} writes nothing, so it has no kind.", code="kind")
    if tool.asks_outside and tool.effect != Effect.READ:
        said = "only a tool that reads can be said to ask outside. A write is approved anyway."
        raise Invalid(f"{tool.name}: {said}", code="effect")
    try:
        schema_validation.check(tool.args_schema)
        schema_validation.check(closed(tool.args_schema))  # arguments must fit the closed one
    except Invalid as error:
        raise Invalid(
            f"The schema of {tool.name} is broken: {error.message}", code="schema"
        ) from error
    if not isinstance(tool.args_schema, dict) or (
        tool.args_schema.get("type") != "object" or tool.args_schema.get("additionalProperties")
    ):
        raise Invalid(
            f"The schema of {tool.name} must be an object that takes no further arguments.",
            code="schema",
        )
    _check_words(tool)
    _check_same(tool)
    _check_undo(tool, others)


def _check_same(tool: Tool) -> None:
    """Raise Invalid unless ``same_as`` reads arguments that the tool has."""
    if not tool.same_as:
        return
    expressions.check(tool.same_as, names={"args"})
    unknown = sorted(condition_fields(tool.same_as) - set(tool.args_schema.get("properties", {})))
    if unknown or not condition_fields(tool.same_as):
        said = f"takes no {', '.join(unknown)}" if unknown else "is told by no argument of its own"
        raise Invalid(f"What makes two of {tool.name} the same {said}.", code="same_as")
    if tool.same_days < 1:
        raise Invalid("Say for how many days it counts as done before.", code="same_as")


def _check_words(tool: Tool) -> None:
    """Raise Invalid where a writing tool's phrases sound like a test or a preview."""
    for name in ("button", "title", "effect"):
        said = str(tool.phrases.get(name, ""))
        if tool.effect == Effect.WRITE and (found := HARMLESS.search(said)):
            raise Invalid(
                f"{tool.name} acts, so its {name} can't say “{found[0]}”. Say what it does.",
                code="harmless_words",
            )


def check_phrases(tool: Tool) -> None:
    """Raise Invalid where a phrase names an argument that the tool does not take.

    A card would show it as "(order?)" to everyone who decides.
    """
    for name in FILLED:
        for field in fields_of(str(tool.phrases.get(name, ""))):
            if not _takes(tool.args_schema, field.split(".")):
                known = ", ".join(tool.args_schema.get("properties", {})) or "none"
                raise Invalid(
                    f"The phrase “{name}” of {tool.name} names {{{field}}}, which is none of its "
                    f"arguments. It takes: {known[:300]}.",
                    code="bad_phrase",
                )


def _takes(schema: Any, path: list[str]) -> bool:
    """Return whether a value of this schema may hold what is at ``path``; True where unsure."""
    for name in path:
        if not isinstance(schema, dict) or not schema or COMPOSED & schema.keys():
            return True
        if "type" in schema and "object" not in schema["type"]:
            return False
        properties = schema.get("properties", {})
        further = schema.get("additionalProperties")
        if name not in properties and not isinstance(further, dict):
            return False
        schema = properties.get(name, further)
    return True


def _check_undo(tool: Tool, others: Mapping[str, Tool]) -> None:
    """Raise Invalid unless the undo that ``tool`` declares can work."""
    if not tool.undo_tool:
        if tool.undo_args or tool.undo_check:
            raise Invalid(f"Name the tool that undoes {tool.name}.", code="undo")
        return
    other = others.get(tool.undo_tool)
    if other is None or other.effect != Effect.WRITE or other.name == tool.name:
        raise Invalid(
            f"{tool.name} is undone by {tool.undo_tool}, which is no other tool that writes. "
            "Add that one first.",
            code="undo",
        )
    given = tool.undo_args or dict.fromkeys(tool.args_schema.get("properties", {}), "args")
    _check_given(tool, other, given, strict=bool(tool.undo_args))
    if tool.undo_check:
        _check_check(tool, others)


def _check_check(tool: Tool, others: Mapping[str, Tool]) -> None:
    declared = tool.undo_check
    if declared.keys() - CHECK or not {"tool", "if"} <= declared.keys():
        raise Invalid("A check before an undo has tool, args, if and why.", code="undo")
    reader = others.get(str(declared["tool"]))
    if reader is None or reader.effect != Effect.READ:
        raise Invalid(f"{declared['tool']} is no tool that reads. Add it first.", code="undo")
    _check_given(tool, reader, declared.get("args", {}), strict=True)
    expressions.check(declared["if"], names={"args", "result", "found"})


def _check_given(tool: Tool, other: Tool, given: dict[str, Any], *, strict: bool) -> None:
    known = other.args_schema.get("properties", {}).keys()
    unknown = sorted(given.keys() - known) if strict else []
    lacking = sorted(set(other.args_schema.get("required", ())) - given.keys())
    if unknown or lacking:
        said = f"{other.name} takes no {', '.join(unknown)}" if unknown else ""
        said = said or f"{other.name} needs {', '.join(lacking)}"
        raise Invalid(f"The undo of {tool.name} does not fit: {said}.", code="undo")
    for source in given.values():
        expressions.check(str(source), names={"args", "result"})
