"""Whoever is signed out is sent to the sign-in page as a whole, and comes back to a page."""

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
    """Answer htmx with where to sign in: the page itself would be put into a part of another."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        asked = cast(Request, request)
        # What htmx restores for the back button takes the whole page's place anyway.
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
    """To the sign-in page, and from there back to the page that was open.

    A form and a part of a page have no page of their own: then it is the one they stand on, and
    ``home`` where that is not known.
    """
    if request.method in SAFE and not request.htmx:
        return redirect_to_login(request.get_full_path())
    said = request.htmx.current_url if request.htmx else request.headers.get("Referer")
    return redirect_to_login(_path_here(request, said or "") or home)


def _path_here(request: HttpRequest, url: str) -> str:
    """The path and query of an address of this site; empty for any other."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no address
        return ""
    if parts.netloc != request.get_host():
        return ""
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    is_here = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return "" if not is_here or parts.path == resolve_url(settings.LOGIN_URL) else path
