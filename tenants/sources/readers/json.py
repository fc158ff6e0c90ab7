"""JSON: a list of records, or an object of records by key."""

import json
from typing import Any

from tenants.errors import Invalid
from tenants.sources.readers import decode

SUFFIXES = (".json",)
KIND = "records"
MEDIA_TYPE = "application/json"


def read(content: bytes) -> list[dict[str, Any]]:
    """Records of a JSON file. Raises Invalid for anything but objects.

    In an object of records each gets its name there as ``_key``.
    """
    try:
        value = json.loads(decode(content))
    except json.JSONDecodeError as error:
        raise Invalid(
            f"The JSON is broken at line {error.lineno}, column {error.colno}: {error.msg}.",
            code="unreadable_source",
        ) from error
    if isinstance(value, dict) and all(isinstance(r, dict) for r in value.values()):
        return [{**record, "_key": key} for key, record in value.items()]
    if isinstance(value, list) and all(isinstance(r, dict) for r in value):
        return value
    raise Invalid(
        "The JSON must be a list of objects, or an object of objects.",
        code="unreadable_source",
    )
