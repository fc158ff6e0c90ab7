"""Views of a workflow's drill: its result, its start, and how far it is."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.request import Request
from portal.workflows.drill.page import drill_view
from tenants import access
from tenants.errors import Conflict
from tenants.roles import Capability
from workflows import selectors
from workflows.drill.services import start_drill


@require_safe
def page(request: Request, slug: str) -> HttpResponse:
    """Show the newest drill of a workflow."""
    workflow = selectors.get_workflow(slug)
    context = {
        "workflow": workflow,
        "found": drill_view(workflow),
        "may_configure": access.may(request.actor, Capability.CONFIGURE),
    }
    return render(request, "workflows/drill.html", context)


@require_POST
def run(request: Request, slug: str) -> HttpResponse:
    """Start a drill of the live version, and show how it goes on."""
    workflow = selectors.get_workflow(slug)
    try:
        start_drill(workflow, actor=request.actor)
    except Conflict as error:
        messages.error(request, error.message)
    return redirect("workflow_drill", slug)


@require_safe
def state(request: Request, slug: str) -> HttpResponse:
    """Show the newest drill for a page that asks for itself; 204 where it is as ``seen``."""
    workflow = selectors.get_workflow(slug)
    found = drill_view(workflow)
    if found is not None and found.state == request.GET.get("seen"):
        return HttpResponse(status=204)
    return render(request, "workflows/drilled.html", {"workflow": workflow, "found": found})
