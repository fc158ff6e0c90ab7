"""The weekly reports of a tenant. Written below in full soon."""

from django.http import HttpResponse

from portal.http import Request


def reports(request: Request) -> HttpResponse:
    """The list of reports."""
    return HttpResponse()


def report(request: Request, week: str) -> HttpResponse:
    """One report."""
    return HttpResponse()


def report_items(request: Request, week: str, bucket: str) -> HttpResponse:
    """What one number counts."""
    return HttpResponse()
