"""Workflows and their versions."""

from typing import Any

from django.http import Http404, HttpResponse

from portal.http import Request


def edit(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def listing(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def page(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def pause(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def start(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def unpause(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def version(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def versions(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404
