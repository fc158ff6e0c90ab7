"""A value given instead of a step's own output: checked, and marked with who gave it. Pure."""

from typing import Any

from approvals.rules import schema_validation
from audit.canonical import canonical, dumps
from tenants.errors import Invalid
from workflows.definitions.definition import Definition
from workflows.steps import generate

LARGEST = 64 * 1024  # characters of canonical JSON


def output_of(definition: Definition, name: str, value: Any, *, by: str) -> dict[str, Any]:
    """``value`` as the output of the step ``name``. Raises Invalid where it does not fit.

    ``by`` says who gave it; empty where the definition did.
    """
    if not isinstance(value, dict):
        raise Invalid('The value must be a JSON object, such as {"text": "…"}.', code="bad_value")
    given: dict[str, Any] = canonical(value)
    if len(dumps(given)) > LARGEST:
        raise Invalid("The value is larger than 64 kB.", code="bad_value")
    step = definition.step(name)
    if step.kind == "generate":
        _fits(generate.schema_of(step.settings, definition), given)
        if isinstance(given.get("text"), str):
            given |= {"spans": []}
    elif step.kind == "retrieve":
        given = _retrieved(given)
    return given | ({"given_by": by} if by else {})


def _fits(schema: dict[str, Any], given: dict[str, Any]) -> None:
    for problem in schema_validation.errors(schema, given):
        where = ".".join(map(str, problem.absolute_path)) or "the value"
        raise Invalid(f"It does not fit the step: {where}: {problem.message}", code="bad_value")


def _retrieved(given: dict[str, Any]) -> dict[str, Any]:
    """Later steps read records and pieces found; only records can be given by hand."""
    if given.keys() - {"records"} or not isinstance(given.get("records", {}), dict):
        raise Invalid('Give records only, such as {"records": {"orders": {…}}}.', code="bad_value")
    empty: dict[str, Any] = {"query": "", "found": [], "missing": [], "left_out": []}
    return {**empty, "records": given.get("records", {})}
