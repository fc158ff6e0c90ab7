"""Redirects to the sign-in page, for htmx requests too, and from there back to a whole page."""

from collections.abc import Callable
from typing import cast
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from portal.request import Request

SAFE = ("GET", "HEAD")


def whole_page_sign_in(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Turn a redirect to sign-in into HX-Redirect: htmx would swap that page into a part."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        asked = cast(Request, request)
        # For the back button htmx replaces the whole page anyway.
        if not asked.htmx or asked.htmx.history_restore_request or not _is_sign_in(response):
            return response
        answer = HttpResponse(status=204)
        home = parse_qs(urlsplit(response["Location"]).query).get("next", ["/"])[0]
        answer["HX-Redirect"] = to_sign_in(asked, home)["Location"]
        return answer

    return middleware


def _is_sign_in(response: HttpResponse) -> bool:
    if not isinstance(response, HttpResponseRedirectBase):
        return False
    return urlsplit(response.url).path == resolve_url(settings.LOGIN_URL)


def to_sign_in(request: Request, home: str) -> HttpResponse:
    """Redirect to the sign-in page, and from there back to the page that was open.

    A form and a part of a page can't be opened alone: then back to the page that contains
    them, or to ``home`` where that page is not known.
    """
    if request.method in SAFE and not request.htmx:
        return redirect_to_login(request.get_full_path())
    said = request.htmx.current_url if request.htmx else request.headers.get("Referer")
    return redirect_to_login(_path_here(request, said or "") or home)


def _path_here(request: HttpRequest, url: str) -> str:
    """Return path and query of a URL of this site; empty for any other and for sign-in itself."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets around no IPv6 address
        return ""
    if parts.netloc != request.get_host():
        return ""
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    is_here = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return "" if not is_here or parts.path == resolve_url(settings.LOGIN_URL) else path
