"""JSON Schema of definitions, for editors and for programs that write definitions. Pure.

It is made from the models that read a definition, so that the two always agree.
"""

import inspect
from typing import Any

from pydantic import BaseModel

from workflows.definitions.schema import Head, StepHead
from workflows.steps import step_kinds

DIALECT = "https://json-schema.org/draft/2020-12/schema"
type Json = dict[str, Any]


def definition_schema(address: str) -> Json:
    """Return the schema of a whole definition. ``address`` is its public URL, its ``$id``."""
    defs: Json = {}
    head = _part(Head, "", defs)
    steps = {
        "type": "array",
        "minItems": 1,
        "title": "Steps",
        "description": "What is done. Steps whose needs are done run at the same time.",
        "items": {"$ref": "#/$defs/Step"},
    }
    defs["Step"] = _step(defs)
    whole = {
        "$schema": DIALECT,
        "$id": address,
        **head,
        "title": "Workflow definition",
        "description": "One controlled lane of work: why it exists, how far it may go, its steps.",
        "properties": {**head["properties"], "steps": steps},
        "required": [*head.get("required", ()), "steps"],
        "$defs": dict(sorted(defs.items())),
    }
    _close(whole)
    return whole


def _close(schema: Any) -> None:
    """Refuse names that don't fit a pattern, wherever the schema has one: pydantic does not."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema.setdefault("additionalProperties", False)
        for inner in schema.values():
            _close(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _close(inner)


def _step(defs: Json) -> Json:
    """Return the schema of a step: the common settings, and exactly one kind with its own."""
    step = _part(StepHead, "", defs)
    settings: Json = {}
    for name, kind in sorted(step_kinds().items()):
        defs[name] = _part(kind.Settings, name, defs)
        settings[name] = {"$ref": f"#/$defs/{name}", "description": _first_words(kind)}
    return {
        **step,
        "title": "Step",
        "properties": {**step["properties"], **settings},
        "oneOf": [{"required": [name]} for name in settings],
    }


def _part(model: type[BaseModel], prefix: str, defs: Json) -> Json:
    """Return a model's schema and put its definitions into ``defs``, their names prefixed."""
    template = f"#/$defs/{prefix}.{{model}}" if prefix else "#/$defs/{model}"
    schema = model.model_json_schema(ref_template=template)
    for name, inner in schema.pop("$defs", {}).items():
        defs[f"{prefix}.{name}" if prefix else name] = inner
    return schema


def _first_words(kind: Any) -> str:
    """Return the first paragraph of a kind's module docstring, which describes the kind."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split())
