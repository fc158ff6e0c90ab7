"""A request id for logs and events."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from audit import context

SAFE = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


def request_id(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Take the caller's X-Request-ID if it is harmless, or make one; answer with it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        current = given if SAFE.match(given) else uuid.uuid4().hex
        token = context.request_id.set(current)
        try:
            response = get_response(request)
        finally:
            context.request_id.reset(token)
        response["X-Request-ID"] = current
        return response

    return middleware
