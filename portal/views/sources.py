"""The source map."""

from typing import Any

from django.http import Http404, HttpResponse

from portal.http import Request


def add(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def listing(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def page(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def passage(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def record_piece(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def revise(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def verify(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404
