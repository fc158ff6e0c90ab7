"""Runs and their traces."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit import selectors as audit
from portal import meanings, record_lines
from portal.forms.workflows import ReasonForm
from portal.http import Request
from portal.paging import page as page_of
from portal.trace import pretty, trace
from tenants import access
from tenants.errors import NotFound
from tenants.roles import Capability
from workflows import selectors
from workflows.services.runs import cancel_run

UNDER_WAY = ("running", "waiting", "failed")


@require_safe
def listing(request: Request) -> HttpResponse:
    """Runs, newest first, of one workflow or in one state if asked."""
    slug, status = request.GET.get("workflow", ""), request.GET.get("status", "")
    workflow = selectors.workflow(slug) if slug else None
    if slug and workflow is None:
        raise NotFound("There is no such workflow.")
    found = selectors.listed_runs(workflow, status if status in meanings.RUN_STATUS else "")
    context = {
        "page": page_of(found, request.GET),
        "workflow": workflow,
        "status": status,
        "statuses": meanings.RUN_STATUS,
    }
    return render(request, "runs/list.html", context)


@require_safe
def page(request: Request, run_id: UUID) -> HttpResponse:
    """One run's trace."""
    run = selectors.run(run_id)
    if run is None:
        raise NotFound("There is no such run.")
    whole = trace(run, request.tenant.locale)
    events = page_of(audit.events_of(*whole.object_ids), request.GET, by="id")
    context = {
        "run": run,
        "trace": whole,
        "input": pretty(run.input),
        "fields": [
            (name, pretty(v) if isinstance(v, dict | list) else v) for name, v in run.input.items()
        ],
        "events": events,
        "lines": record_lines.lines(events.rows),
        "outcome": meanings.OUTCOMES.get(run.outcome, ""),
        "state": meanings.RUN_STATUS[run.status],
        "may_cancel": run.status in UNDER_WAY and access.may(request.actor, Capability.START_RUNS),
    }
    return render(request, "runs/page.html", context)


@require_POST
def cancel(request: Request, run_id: UUID) -> HttpResponse:
    """End a run; what waits for review goes with it."""
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    cancel_run(run_id, actor=request.actor, reason=reason)
    messages.success(request, "The run is cancelled, and what waited for review with it.")
    return redirect("run", run_id)
