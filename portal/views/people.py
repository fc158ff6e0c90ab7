"""People, invitations, grants and keys."""

from typing import Any

from django.http import Http404, HttpResponse

from portal.http import Request


def change_role(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def grant(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def invite(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def let_go(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def make_key(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def page(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def revoke_key(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def take_back(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404


def withdraw(request: Request, **kwargs: Any) -> HttpResponse:
    """Not there yet."""
    raise Http404
