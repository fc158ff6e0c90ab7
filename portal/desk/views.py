"""View of the provider's desk."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.worker import watchdog
from portal.desk import page as desk
from portal.paging import page as page_of
from portal.request import Request


@require_safe
@login_required
def page(request: Request) -> HttpResponse:
    """Show the desk: the assigned clients with their counts. 404 for clients' people."""
    if not (request.user.is_staff and request.user.staff_role):
        raise Http404
    page = page_of(desk.assigned(request.user), request.GET, by="slug")
    found = desk.overview(request.user, page.rows)
    context = {
        "page": page,
        "clients": found.clients,
        "mail": found.mail,
        "late": watchdog.measure_delay().sentence(),
    }
    return render(request, "desk/page.html", context)
