"""Credentials of models that no answer and no error may repeat."""

import json
import os
import re
from dataclasses import replace

from tenants.text.credentials import hidden_values, without_credentials
from workflows.gateway.completion import Completion

NAMES = re.compile(r"(?:_API_KEY|_TOKEN|_SECRET_ACCESS_KEY)$")


def known_credentials(api_key: str | None) -> list[str]:
    """Return what no answer may repeat: the key of a call, and those in the environment."""
    known = [value for name, value in os.environ.items() if NAMES.search(name)]
    return hidden_values([api_key or "", *known])


def harmless_completion(answer: Completion, known: list[str]) -> Completion:
    """Return an answer that repeats none of these credentials."""
    calls = tuple(
        replace(call, arguments=json.loads(without_credentials(json.dumps(call.arguments), known)))
        for call in answer.tool_calls
    )
    return replace(
        answer,
        text=without_credentials(answer.text, known),
        refusal=without_credentials(answer.refusal, known),
        model=without_credentials(answer.model, known),
        provider=without_credentials(answer.provider, known),
        tool_calls=calls,
    )
