"""Parser of JSON bodies in canonical form: no duplicate names, no floats."""

from typing import Any

from rest_framework.parsers import BaseParser

from audit.canonical import parse_json
from tenants.errors import Invalid


class CanonicalJSONParser(BaseParser):
    """Parser of ``application/json``. Raises Invalid unless the body is a canonical object."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        value = parse_json(stream.read())
        if not isinstance(value, dict):
            raise Invalid("The body must be a JSON object.", code="not_an_object")
        return value
