"""The record and its seals."""

from typing import Any

from django.http import Http404, HttpResponse

from portal.http import Request


def check_seals(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def listing(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def seals(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404
