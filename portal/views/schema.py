"""The published schema of definitions. It says nothing of anybody, so everybody may read it."""

import hashlib
import json
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from portal.templatetags.words import outer_url
from workflows.definitions.json_schema import json_schema


def schema_address() -> str:
    """Where the schema is published, for people who write definitions elsewhere."""
    return f"{settings.BASE_URL}{outer_url('definition_schema')}"


@cache
def schema_text(address: str) -> str:
    """The schema as it is sent; it changes only with the program."""
    return json.dumps(json_schema(address), indent=2, ensure_ascii=False) + "\n"


def _etag(request: HttpRequest) -> str:
    return f'"{hashlib.sha256(schema_text(schema_address()).encode()).hexdigest()[:32]}"'


@require_safe
@cache_control(public=True, max_age=3600)
@condition(etag_func=_etag)
def definition_schema(request: HttpRequest) -> HttpResponse:
    """JSON Schema of a workflow definition."""
    response = HttpResponse(schema_text(schema_address()), content_type="application/schema+json")
    response["Access-Control-Allow-Origin"] = "*"
    return response
