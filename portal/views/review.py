"""The review queue."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from portal.http import Request


def queue(request: Request) -> HttpResponse:
    """The queue."""
    return render(request, "base.html")


def item(request: Request, item_id: UUID) -> HttpResponse:
    """One item."""
    return render(request, "base.html")


decide = item
exceptions = queue
