"""Middleware that refuses too long request bodies by Content-Length, before any code reads them."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import JsonResponse

from portal.api.problems import TYPE, details
from portal.error_pages import error_page
from tenants.errors import TooLarge

API = "/api/"
KB, MB = 1024, 1024 * 1024
BY_ANYBODY = 64 * KB  # sign-in, reset, invitations: forms of a few fields
LARGEST_UNMEASURED = 2 * MB  # without a Content-Length, such as chunked bodies
BY_FORM = 2 * MB  # definitions are the longest
BY_API = 2 * MB
# Sources are at most 20 MB; the form around one is short.
BY_UPLOAD = LARGEST = 21 * MB
UPLOADS = re.compile(r"/t/[a-z0-9-]{1,40}/(add-source|sources/[-a-zA-Z0-9_]{1,60}/revise)/\Z")
SAYS = "That is more than can be taken here. Send less, or send it in parts."


def bounded_bodies(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse a request with 413 if its length is over the limit of its URL and its sender."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if _length(request) <= _limit(request):
            return get_response(request)
        error = TooLarge(SAYS)
        if request.path_info.startswith(API):
            body = details(error.status, error.code, error.message)
            return JsonResponse(body, status=error.status, content_type=TYPE)
        vars(request).update(tenant=None, actor=None)
        return error_page(request, error)

    return middleware


def _length(request: HttpRequest) -> int:
    said = request.META.get("CONTENT_LENGTH") or "0"
    # ``portal.middleware.body_limits`` refuses a length that is no number; without it, such a
    # length counts as too long.
    return int(said) if said.isascii() and said.isdigit() and len(said) < 12 else LARGEST + 1


def _limit(request: HttpRequest) -> int:
    """Return the most bytes for this URL and sender. The user costs a query, so comes last."""
    if _length(request) <= BY_ANYBODY:
        return BY_ANYBODY
    if request.path_info.startswith(API):
        return BY_API
    if not request.user.is_authenticated:
        return BY_ANYBODY
    return BY_UPLOAD if UPLOADS.match(request.path_info) else BY_FORM
