"""Views of runs: the list, a run's trace, and its pause, resumption, rerun and cancellation."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit import selectors as audit
from portal import labels
from portal.paging import page as page_of
from portal.record import lines
from portal.request import Request
from portal.review.item.exception import tell_runs, told_to
from portal.runs.foreign_pictures import picture_response
from portal.runs.json_text import pretty
from portal.runs.trace import Trace, trace
from portal.workflows.forms import AgainForm, ReasonForm
from tenants import access, halts
from tenants.errors import Invalid
from tenants.roles import Capability
from workflows import selectors
from workflows.models import Run
from workflows.services.rerun import rerun
from workflows.services.runs import cancel_run, own_key, pause_run, resume_run
from workflows.states import UNDER_WAY
from workflows.waiting import selectors as waiting

CANCELLABLE = (*UNDER_WAY, "failed")


@require_safe
def listing(request: Request) -> HttpResponse:
    """Show runs, newest first, filtered by workflow and by status."""
    slug, status = request.GET.get("workflow", ""), request.GET.get("status", "")
    workflow = selectors.get_workflow(slug) if slug else None
    found = selectors.listed_runs(workflow, status if status in labels.RUN_STATUS else "")
    page = page_of(found, request.GET)
    why = waiting.reasons_of_runs(page.rows)
    tell_runs(page.rows, request.actor)
    for run in page.rows:
        vars(run).update(waits=why.get(run.pk, [])[:1])
    context = {
        "page": page,
        "workflow": workflow,
        "status": status,
        "statuses": labels.RUN_STATUS,
    }
    return render(request, "runs/list.html", context)


@require_safe
def page(request: Request, run_id: UUID) -> HttpResponse:
    """Show one run's trace and events."""
    run = selectors.get_run(run_id, selectors.runs().select_related("parent__run__workflow"))
    whole = told_to(trace(run, request.tenant.locale), request.actor)
    events = page_of(audit.events_of(*whole.object_ids), request.GET, by="id")
    context = {
        "run": run,
        "trace": whole,
        "input": pretty(run.input),
        "fields": [
            (name, pretty(v) if isinstance(v, dict | list) else v) for name, v in run.input.items()
        ],
        "events": events,
        "lines": lines.record_lines(events.rows),
        "outcome": labels.OUTCOMES.get(run.outcome, ""),
        "state": labels.RUN_STATUS[run.status],
        "waiting": waiting.reasons_of_runs([run], names=True).get(run.pk, []),
    } | _may(request, run, whole)
    return render(request, "runs/page.html", context)


@require_safe
def picture(request: Request, run_id: UUID, picture_id: UUID) -> HttpResponse:
    """Show a picture of what a tool saw. The page it shows is somebody else's."""
    found = selectors.get_picture(run_id, picture_id)
    return picture_response(bytes(found.content))


def _may(request: Request, run: Run, whole: Trace) -> dict[str, Any]:
    """Return the context of the controls this person may use on the run."""
    if not access.may(request.actor, Capability.START_RUNS):
        return {"reruns": selectors.reruns(run)}
    going = run.status in UNDER_WAY
    return {
        "reruns": selectors.reruns(run),
        "may_cancel": run.status in CANCELLABLE,
        "may_pause": going and run.paused_at is None,
        "may_resume": going
        and run.paused_at is not None
        and halts.may_release(request.actor, run.paused_by),
        "again": [] if going else list(dict.fromkeys(step.name for step in whole.steps)),
        "again_key": uuid4().hex,
    }


@require_POST
def pause(request: Request, run_id: UUID) -> HttpResponse:
    """Pause a run before its next step."""
    pause_run(run_id, actor=request.actor, reason=_reason(request))
    messages.success(request, "The run is paused. It halts before its next step.")
    return redirect("run", run_id)


@require_POST
def resume(request: Request, run_id: UUID) -> HttpResponse:
    """Resume a paused run."""
    resume_run(run_id, actor=request.actor)
    messages.success(request, "The run goes on.")
    return redirect("run", run_id)


@require_POST
def again(request: Request, run_id: UUID) -> HttpResponse:
    """Start a new run from a step of this one. A form posted twice starts one run."""
    form = AgainForm(request.POST)
    if not form.is_valid():
        raise Invalid("Choose the step to run again from.", code="no_step")
    step, key = form.cleaned_data["step"], form.cleaned_data["key"]
    run, _ = rerun(run_id, step=step, actor=request.actor, idempotency_key=own_key("again", key))
    messages.success(request, f"A new run began at {step}.")
    return redirect("run", run.pk)


def _reason(request: Request) -> str:
    return ReasonForm(request.POST).given()


@require_POST
def cancel(request: Request, run_id: UUID) -> HttpResponse:
    """Cancel a run together with its open review items."""
    cancel_run(run_id, actor=request.actor, reason=_reason(request))
    messages.success(request, "The run is cancelled, and what waited for review with it.")
    return redirect("run", run_id)
