"""Arguments of a statement's tool: their JSON Schema, from what a person says of each. Pure."""

from typing import Any

from tenants.errors import Invalid
from workflows.sql.statements import argument_names, parameter_names

TEXT = "text"
SCHEMAS: dict[str, dict[str, Any]] = {
    TEXT: {"type": "string", "maxLength": 4000},
    "whole number": {"type": "integer"},
    "date": {"type": "string", "format": "date"},
    "yes or no": {"type": "boolean"},
    "amount": {
        "type": "object",
        "required": ["value", "currency"],
        "properties": {
            "value": {"type": "integer", "minimum": 0},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
    },
}
OPTIONAL = ", optional"


def argument_schema(statement: str, said: str) -> dict[str, Any]:
    """Return the schema of a statement's arguments.

    ``said`` has a line for each argument that is no text which must be given, as
    ``paid: yes or no, optional``. One whose parts the statement reads is an amount. Raises Invalid
    for a line of no argument.
    """
    names = argument_names(statement)
    parts = {name.partition(".")[0] for name in parameter_names(statement) if "." in name}
    kinds = {name: "amount" if name in parts else TEXT for name in names}
    optional: set[str] = set()
    for line in filter(None, map(str.strip, said.splitlines())):
        name, _, kind = (part.strip() for part in line.partition(":"))
        kind = kind.lower()
        if name not in kinds:
            raise Invalid(f"The statement has no parameter {name[:60]}.", code="bad_args")
        if kind.endswith(OPTIONAL) or kind == "optional":
            optional.add(name)
            kind = kind.removesuffix("optional").rstrip(" ,") or kinds[name]
        if kind not in SCHEMAS or (name in parts) != (kind == "amount"):
            raise Invalid(_what_may_be_said(name, is_amount=name in parts), code="bad_args")
        kinds[name] = kind
    return {
        "type": "object",
        "properties": {name: SCHEMAS[kind] for name, kind in kinds.items()},
        "required": [name for name in names if name not in optional],
        "additionalProperties": False,
    }


def _what_may_be_said(name: str, *, is_amount: bool) -> str:
    if is_amount:
        return f"The statement reads parts of {name[:60]}, so it is an amount."
    kinds = ", ".join(kind for kind in SCHEMAS if kind != "amount")
    return (
        f"Say of {name[:60]} which it is: {kinds}. An amount is read as "
        f"%({name[:60]}.value)s and %({name[:60]}.currency)s."
    )
