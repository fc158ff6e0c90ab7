"""Manual output of a step: a person's or a fallback's value, checked and marked. Pure."""

from typing import Any

from approvals.rules import schema_validation
from audit.canonical import canonical, is_too_large
from tenants.errors import Invalid
from workflows.definitions.definition import Definition, is_part
from workflows.steps import agent, generate


def output_of(definition: Definition, name: str, value: Any, *, by: str) -> dict[str, Any]:
    """Return a value as the output of step ``name``. Raises Invalid where it does not fit.

    ``by`` is the person who gave the value; empty for the definition's own.
    """
    if not isinstance(value, dict):
        raise Invalid('The value must be a JSON object, such as {"text": "…"}.', code="bad_value")
    given: dict[str, Any] = canonical(value)
    if is_too_large(given):
        raise Invalid("The value is larger than 64 kB.", code="bad_value")
    step = definition.step(name)
    if step.kind == "generate":
        _fits(generate.schema_of(step.settings, definition), given)
        if isinstance(given.get("text"), str):
            # No source supports a text that was given by hand.
            given |= {"spans": []}
    elif step.kind == "agent" and not is_part(name):
        for problem in agent.fits_schema(definition, step, given):
            raise Invalid(f"It does not fit the step: {problem}", code="bad_value")
        given |= {"spans": []} if isinstance(given.get("text"), str) else {}
    elif step.kind == "retrieve":
        given = _retrieved(given)
    return given | ({"given_by": by} if by else {})


def _fits(schema: dict[str, Any], given: dict[str, Any]) -> None:
    for problem in schema_validation.errors(schema, given):
        where = ".".join(map(str, problem.absolute_path)) or "the value"
        raise Invalid(f"It does not fit the step: {where}: {problem.message}", code="bad_value")


def _retrieved(given: dict[str, Any]) -> dict[str, Any]:
    """Return a retrieve step's output with the given records, the only part to give by hand."""
    if given.keys() - {"records"} or not isinstance(given.get("records", {}), dict):
        raise Invalid('Give records only, such as {"records": {"orders": {…}}}.', code="bad_value")
    empty: dict[str, Any] = {"query": "", "found": [], "missing": [], "left_out": []}
    return {**empty, "records": given.get("records", {})}
