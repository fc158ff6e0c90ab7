"""Views of workflows: the list, one workflow, its versions, pause, resumption and start."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.budgets.page import tile_rows
from portal.paging import page as page_of
from portal.request import Request
from portal.review.item.exception import tell_runs
from portal.workflows import page as workflow_page
from portal.workflows import triggers
from portal.workflows.drill.page import drill_view
from portal.workflows.forms import ReasonForm, StartForm
from tenants import access, halts
from tenants.errors import Invalid, TooLarge
from tenants.roles import Capability
from workflows import selectors
from workflows.definitions import inputs
from workflows.models import Workflow
from workflows.services import definitions
from workflows.services.runs import own_key, start_run


@require_safe
def listing(request: Request) -> HttpResponse:
    """Show the tenant's workflows."""
    page = page_of(selectors.workflows(), request.GET, by="slug")
    may_configure = access.may(request.actor, Capability.CONFIGURE)
    context = {
        "page": page,
        "rows": workflow_page.workflow_rows(page.rows),
        "may_configure": may_configure,
        "budgets": tile_rows(request.tenant),
    }
    return render(request, "workflows/list.html", context)


@require_safe
def page(request: Request, slug: str) -> HttpResponse:
    """Show one workflow: its brief, picture, rules, recent runs and versions."""
    return _page(request, selectors.get_workflow(slug))


def _page(
    request: Request, workflow: Workflow, *, start_form: StartForm | None = None, status: int = 200
) -> HttpResponse:
    live = workflow.live
    runs = list(selectors.listed_runs(workflow)[:8])
    tell_runs(runs, request.actor)
    context = {
        "workflow": workflow,
        "about": workflow_page.about(workflow),
        "starts": triggers.starts(workflow),
        "drill": drill_view(workflow),
        "versions": selectors.workflow_versions(workflow)[:5],
        "runs": runs,
        "start_form": start_form or (StartForm(names=_names(workflow)) if live else None),
        "may_start": live and access.may(request.actor, Capability.START_RUNS),
        "may_stop": access.may(request.actor, Capability.STOP),
        "may_release": halts.may_release(request.actor, workflow.paused_by),
        "paused_by": halts.halter_name(workflow.paused_by),
        "may_configure": access.may(request.actor, Capability.CONFIGURE),
    }
    return render(request, "workflows/page.html", context, status=status)


def _names(workflow: Workflow) -> list[str]:
    return inputs.request_fields(workflow.live.definition) if workflow.live else []


@require_safe
def versions(request: Request, slug: str) -> HttpResponse:
    """Show a workflow's published versions, newest first."""
    workflow = selectors.get_workflow(slug)
    page = page_of(selectors.workflow_versions(workflow), request.GET, by="-number")
    return render(request, "workflows/versions.html", {"workflow": workflow, "page": page})


@require_safe
def version(request: Request, slug: str, number: int) -> HttpResponse:
    """Show one version as it was published."""
    workflow = selectors.get_workflow(slug)
    found = selectors.get_version(workflow, number)
    picture = workflow_page.picture(workflow_page.definition_of(found))
    context = {
        "workflow": workflow,
        "version": found,
        "picture": picture,
        "may_configure": access.may(request.actor, Capability.CONFIGURE),
    }
    return render(request, "workflows/version.html", context)


@require_POST
def pause(request: Request, slug: str) -> HttpResponse:
    """Pause a workflow: its runs halt before their next step."""
    workflow, reason = selectors.get_workflow(slug), ReasonForm(request.POST).given()
    definitions.pause(workflow, actor=request.actor, reason=reason)
    messages.success(request, f"{workflow.title} is paused. It halts before its next step.")
    return redirect("workflow", slug)


@require_POST
def unpause(request: Request, slug: str) -> HttpResponse:
    """Resume a paused workflow."""
    workflow = selectors.get_workflow(slug)
    definitions.unpause(workflow, actor=request.actor)
    messages.success(request, f"{workflow.title} goes on.")
    return redirect("workflow", slug)


@require_POST
def start(request: Request, slug: str) -> HttpResponse:
    """Start a run from a typed request. A form posted twice starts one run."""
    workflow = selectors.get_workflow(slug)
    form = StartForm(request.POST, names=_names(workflow))
    if form.is_valid():
        try:
            with transaction.atomic():
                run, _ = start_run(
                    workflow,
                    input=form.request(),
                    trigger="person",
                    actor=request.actor,
                    idempotency_key=own_key("form", form.cleaned_data["key"]),
                )
            return redirect("run", run.pk)
        except (Invalid, TooLarge) as error:
            form.add_error(None, error.message)
    return _page(request, workflow, start_form=form, status=400)
