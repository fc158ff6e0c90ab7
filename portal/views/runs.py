"""Runs and their traces."""

from typing import Any

from django.http import Http404, HttpResponse

from portal.http import Request


def cancel(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def listing(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def page(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404
