"""The kill switch."""

from typing import Any

from django.http import Http404, HttpResponse

from portal.http import Request


def page(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def resume(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404
