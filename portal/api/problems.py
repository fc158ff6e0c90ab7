"""Problem details (RFC 9457), the shape of every error of the API."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from tenants.errors import DomainError

TYPE = "application/problem+json"


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return an exception as a problem document. DRF's ``EXCEPTION_HANDLER``."""
    if isinstance(error, DomainError):
        body = details(error.status, error.code, error.message, **error.data)
        return Response(body, status=error.status, content_type=TYPE)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    response = drf_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    response.data = _from_drf(error, response.status_code)
    response.content_type = TYPE
    return response


def _from_drf(error: exceptions.APIException, status: int) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        return details(400, "invalid", "The request has mistakes; see errors.", errors=error.detail)
    code = error.get_codes()
    return details(status, code if isinstance(code, str) else "error", str(error.detail))


def details(status: int, code: str, message: str, **data: Any) -> dict[str, Any]:
    """Return the members of a problem document; its type is the URL of the code's page."""
    return {
        "type": f"{settings.BASE_URL}/problems/{code}/",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": message,
        "code": code,
        **data,
    }


@csrf_exempt
def api_not_found(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Return the 404 problem document of an API URL that does not exist."""
    body = details(404, "not_found", "There is no such address.")
    return JsonResponse(body, status=404, content_type=TYPE)
