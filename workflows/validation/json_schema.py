"""The language of definitions as a JSON Schema, for editors and for programs that write them.

Everything comes from the models that read a definition, so that the two can't part. Pure.
"""

import inspect
from typing import Any

from pydantic import BaseModel

from workflows.definitions.schema import Head, StepHead
from workflows.steps import step_kinds

DIALECT = "https://json-schema.org/draft/2020-12/schema"
type Json = dict[str, Any]


def definition_schema(address: str) -> Json:
    """The schema of a whole definition; ``address`` is where it is published, its ``$id``."""
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
    """Where names must fit a pattern, others are refused; pydantic leaves that out."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema.setdefault("additionalProperties", False)
        for inner in schema.values():
            _close(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _close(inner)


def _step(defs: Json) -> Json:
    """What every step has, and exactly one kind with that kind's settings."""
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
    """A model's schema. What it refers to goes to ``defs``; a prefix keeps the names apart."""
    template = f"#/$defs/{prefix}.{{model}}" if prefix else "#/$defs/{model}"
    schema = model.model_json_schema(ref_template=template)
    for name, inner in schema.pop("$defs", {}).items():
        defs[f"{prefix}.{name}" if prefix else name] = inner
    return schema


def _first_words(kind: Any) -> str:
    """The first paragraph of a kind's module, which says what the kind is for."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split())
