"""Inputs of runs: the fields a definition reads, and whether a request fits its shape. Pure."""

import re
from collections.abc import Sequence
from typing import Any

from approvals.rules import schema_validation
from approvals.rules.hidden_characters import shows_nothing
from tenants.text.sentences import joined_by_or

READS = re.compile(r"\binput(?:\.([A-Za-z_]\w*)|\[['\"]([^'\"]{1,60})['\"]\])")
TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
}
LONG = {"message", "body", "text", "question", "request"}


def request_fields(definition: str) -> list[str]:
    """Return the names of the input's fields that a definition's text reads, in its order."""
    return list(dict.fromkeys(dot or bracket for dot, bracket in READS.findall(definition)))


def is_long(name: str) -> bool:
    """Whether a field probably has more than one line."""
    return name.lower() in LONG


def request_problem(
    shape: dict[str, Any] | None, reads: Sequence[str], given: dict[str, Any]
) -> str:
    """Return why a request does not fit a workflow, in a sentence; "" where it fits.

    ``shape`` is the JSON Schema that the definition declares; one of the fields it requires must
    not be empty. Without a schema, one of the fields that are read must not be empty, or any
    field where the request has none of them.
    """
    if shape is not None:
        for error in schema_validation.errors(shape, given):
            return f"This request does not fit the workflow: {_in_words(error)}."
        # Blank fields fit a schema of texts, but the request is empty all the same.
        needed = shape.get("required") or []
        return _empty_problem(needed, given) if isinstance(needed, list) else ""
    return _empty_problem(reads, given)


def _empty_problem(names: Sequence[str], given: dict[str, Any]) -> str:
    there = [name for name in names if name in given] or list(given)
    if not names or any(not _is_empty(given[name]) for name in there):
        return ""
    return f"This request is empty: it needs {joined_by_or(names)}."


def _is_empty(value: Any) -> bool:
    """Whether a value is blank, or a list or object of blank values.

    A list without items is not empty in this sense: it says that there are no items.
    """
    if value == []:
        return False
    left = [value]
    while left:
        match left.pop():
            case None:
                continue
            case str() as text if shows_nothing(text):
                continue
            case list() as inner:
                left += inner
            case dict() as inner:
                left += inner.values()
            case _:
                return False
    return True


def _in_words(error: Any) -> str:
    """Return a validation error of a request in words for its sender."""
    where = ".".join(map(str, error.absolute_path)) or "it"
    match error.validator:
        case "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            return f"{', '.join(missing) or where} is missing"
        case "type":
            kinds = error.validator_value
            return f"{where} must be {TYPES.get(kinds, kinds) if isinstance(kinds, str) else kinds}"
        case "minLength" | "minItems":
            return f"{where} is empty or too short"
        case "enum":
            return f"{where} must be one of {', '.join(map(str, error.validator_value))}"
        case "pattern" | "format":
            return f"{where} is not in the form that is asked for"
    return f"{where}: {error.message}"
