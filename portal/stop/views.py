"""Views of the kill switch, which stops all work of a tenant."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from approvals.review import selectors as approvals
from audit import selectors as audit
from audit.verbs import Verb
from portal.record import lines
from portal.request import Request
from portal.workflows.forms import ReasonForm
from tenants import access, halts
from tenants.roles import Capability
from tenants.services import tenants
from workflows import selectors

SWITCHES = (Verb.TENANT_STOPPED, Verb.TENANT_RESUMED)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Request) -> HttpResponse:
    """Show the effects of the kill switch and its history; POST stops everything."""
    if request.method != "POST":
        return _page(request)
    tenants.stop_everything(actor=request.actor, reason=_reason(request))
    messages.warning(request, "Everything is stopped. Nothing more is carried out.")
    return redirect("stop")


@require_POST
def resume(request: Request) -> HttpResponse:
    """Resume everything after a stop."""
    tenants.resume_everything(actor=request.actor, reason=_reason(request))
    messages.success(request, "Everything goes on.")
    return redirect("stop")


def _page(request: Request) -> HttpResponse:
    switches = audit.events_like(object_id=request.tenant.pk).filter(verb__in=SWITCHES)
    may_stop = access.may(request.actor, Capability.STOP)
    stopped_by = request.tenant.stopped_by
    context = {
        "form": ReasonForm(),
        "under_way": selectors.unfinished_runs().count(),
        "waiting": approvals.queue().count(),
        "may_stop": may_stop,
        "may_release": may_stop and halts.may_release(request.actor, stopped_by),
        "stopped_by": halts.halter_name(stopped_by),
        "history": lines.record_lines(switches[:6]),
    }
    return render(request, "stop/page.html", context)


def _reason(request: Request) -> str:
    return ReasonForm(request.POST).given()
