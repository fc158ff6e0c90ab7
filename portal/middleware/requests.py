"""Middleware for every request: a request id for logs and events, and no-store responses."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from audit import request_context

# Responses that are the same for everyone. Static files are answered before.
PUBLIC = re.compile(
    r"/(app\.webmanifest|service-worker\.js|offline/|schema/.*|oauth/client/.*|api/v1/(schema|docs)/)"
)
SAFE = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


def request_id(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Set the request id: the caller's X-Request-ID if it is SAFE, else a new one.

    The response has it as X-Request-ID.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        # ``request.headers`` would be made of all of META, the process's variables included.
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        current = given if SAFE.match(given) else uuid.uuid4().hex
        token = request_context.request_id.set(current)
        try:
            response = get_response(request)
        finally:
            request_context.request_id.reset(token)
        response["X-Request-ID"] = current
        return response

    return middleware


def not_stored(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Forbid browsers and proxies to store a response, unless its path is PUBLIC."""

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path_info
        response = get_response(request)
        if PUBLIC.fullmatch(path):
            return response
        if response.has_header("Cache-Control"):
            patch_cache_control(response, no_store=True, private=True)
        else:
            response["Cache-Control"] = "no-store, private"
        return response

    return middleware
