"""Error pages for people. Errors of the API are in ``portal.api.problems``."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tenants.errors import DomainError

TITLES = {
    400: "That can't be used",
    403: "Your role doesn't allow this",
    404: "There is nothing here",
    409: "That has changed",
    413: "That is too large",
}


def error_page(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return the error as a page, or for htmx as a notice: what is wrong and what to do.

    A DomainError brings its status and message; any other error is a 404.
    """
    status, message = 404, "It may have been removed, or you may not be a member here."
    if isinstance(error, DomainError):
        status, message = error.status, error.message
    context = {"title": TITLES.get(status, "Something went wrong"), "message": message}
    if getattr(request, "htmx", False):
        response = render(request, "components/notice.html", context, status=status)
        response["HX-Retarget"] = "#notices"
        response["HX-Reswap"] = "innerHTML"
        return response
    return render(request, "error.html", context, status=status)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the 404 page. Django's ``handler404``."""
    return error_page(request, Http404())
