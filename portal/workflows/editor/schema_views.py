"""View of the published JSON Schema of definitions, open to everybody: it has no tenant's data."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from portal.workflows.editor.schema import schema_address, schema_text


def _etag(request: HttpRequest) -> str:
    return f'"{hashlib.sha256(schema_text(schema_address()).encode()).hexdigest()[:32]}"'


@require_safe
@cache_control(public=True, max_age=3600)
@condition(etag_func=_etag)
def definition_schema(request: HttpRequest) -> HttpResponse:
    """Show the JSON Schema of a workflow definition."""
    response = HttpResponse(schema_text(schema_address()), content_type="application/schema+json")
    response["Access-Control-Allow-Origin"] = "*"
    return response
