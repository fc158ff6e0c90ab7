"""Published JSON Schema of workflow definitions: its address and its text."""

import json
from functools import cache

from django.conf import settings

from portal.templatetags.words import outer_url
from workflows.validation.json_schema import definition_schema


def schema_address() -> str:
    """Return the schema's public address, for people who write definitions in their own editor."""
    return f"{settings.BASE_URL}{outer_url('definition_schema')}"


@cache
def schema_text(address: str) -> str:
    """Return the schema as JSON text, cached as it changes only with a release."""
    return json.dumps(definition_schema(address), indent=2, ensure_ascii=False) + "\n"
