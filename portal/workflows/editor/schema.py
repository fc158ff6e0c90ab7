"""The published schema of the language of definitions."""

import json
from functools import cache

from django.conf import settings

from portal.templatetags.words import outer_url
from workflows.validation.json_schema import definition_schema


def schema_address() -> str:
    """Where the schema is published, for people who write definitions elsewhere."""
    return f"{settings.BASE_URL}{outer_url('definition_schema')}"


@cache
def schema_text(address: str) -> str:
    """The schema as it is sent; it changes only with the program."""
    return json.dumps(definition_schema(address), indent=2, ensure_ascii=False) + "\n"
