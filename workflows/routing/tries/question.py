"""The question of a try: short, the same for every model, with a tiny schema. Pure."""

import json
from typing import Any

from approvals.rules import schema_validation
from tenants.errors import Invalid
from workflows.gateway.json_text import NoObject, read_object

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "ready": {"type": "boolean", "default": True},  # the default is for the offline drafter
    },
    "required": ["text", "ready"],
    "additionalProperties": False,
}
RULES = "Answer with one JSON object that fits the schema, and nothing else."
ASKED = "Say in at most ten words that you can be reached, and whether you are ready to work."
SECONDS = 60
REQUEST: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": f"{RULES}\n\n<schema>{json.dumps(SCHEMA)}</schema>"},
        {"role": "user", "content": ASKED},
    ],
    "schema": SCHEMA,
    # Room for a model that thinks before it answers, and less than two cents of the dearest.
    "max_tokens": 600,
    "timeout": SECONDS,
}


def misfit_of(text: str) -> str:
    """Return how an answer does not fit the schema, in a sentence; empty where it fits."""
    try:
        value = read_object(text)
        found = next(schema_validation.errors(SCHEMA, value), None)
    except NoObject as error:
        return str(error)
    except Invalid as error:
        return error.message
    return f"{found.message[:300]}." if found else ""
