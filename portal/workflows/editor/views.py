"""Views of the definition editor: new versions, new workflows, checks and differences."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.request import Request
from portal.workflows.editor import changes
from portal.workflows.editor import page as editing
from portal.workflows.forms import LONGEST_DEFINITION, NewWorkflowForm, VersionForm
from tenants import access, roster
from tenants.errors import Conflict, Invalid
from tenants.roles import Capability
from workflows import selectors
from workflows.definitions.problems import DefinitionError
from workflows.models import Workflow
from workflows.services import definitions, versions

# -- The next version ---------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, slug: str) -> HttpResponse:
    """Show the editor of the next version; POST checks the text or publishes it."""
    access.require(request.actor, Capability.CONFIGURE)
    workflow = selectors.get_workflow(slug)
    if request.method != "POST":
        live = workflow.live
        initial = {"definition": live.definition, "base": live.number} if live else {}
        return _edit(request, workflow, VersionForm(initial=initial))
    form = VersionForm(request.POST)
    if not form.is_valid():
        return _edit(request, workflow, form, status=400)
    if "publish" not in request.POST:
        return _edit(request, workflow, form, is_checked=True)
    try:
        return _publish(request, workflow, form)
    except DefinitionError:
        return _edit(request, workflow, form, status=400)
    except Conflict as error:
        form.add_error(None, error.message)
        # The workflow is read again: another person has published meanwhile.
        return _moved(request, selectors.get_workflow(slug), form)


def _publish(request: Request, workflow: Workflow, form: VersionForm) -> HttpResponse:
    values = form.cleaned_data
    published = definitions.publish(
        workflow,
        text=values["definition"],
        actor=request.actor,
        note=values["note"],
        base=values["base"],
    )
    messages.success(
        request, f"Version {published.number} is live. Runs under way finish on theirs."
    )
    return redirect("workflow", workflow.slug)


def _moved(request: Request, workflow: Workflow, form: VersionForm) -> HttpResponse:
    """Show the version published meanwhile, with its differences.

    The form's ``base`` becomes that version, so that publishing again is deliberate.
    """
    versions_so_far, live = selectors.workflow_versions(workflow), workflow.live
    began = versions_so_far.filter(number=form.cleaned_data["base"]).first()
    meanwhile = None
    if began and live:
        meanwhile = changes.between(began.definition, live.definition, ident="meanwhile")
        given = request.POST.copy()
        given["base"] = str(live.number)
        form.data = given
    return _edit(request, workflow, form, status=409, began=began, meanwhile=meanwhile)


def _edit(
    request: Request, workflow: Workflow, form: VersionForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    following = selectors.workflow_versions(workflow).values_list("number", flat=True).first() or 0
    return _editor(request, form, workflow, status=status, next_number=following + 1, **more)


# -- A new workflow -----------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Show the editor of a new workflow; POST checks the text or makes the workflow."""
    access.require(request.actor, Capability.CONFIGURE)
    members = roster.active_members()
    if request.method != "POST":
        form = NewWorkflowForm(members=members, initial={"definition": editing.starter()})
        return _editor(request, form, None)
    form = NewWorkflowForm(request.POST, members=members)
    if not form.is_valid():
        return _editor(request, form, None, status=400)
    if "publish" not in request.POST:
        return _editor(request, form, None, is_checked=True)
    try:
        return _make(request, form)
    except DefinitionError:
        pass  # the editor checks the text again and shows each problem at its line
    except (Conflict, Invalid) as error:
        form.add_error(None, error.message)
    return _editor(request, form, None, status=400)


def _make(request: Request, form: NewWorkflowForm) -> HttpResponse:
    workflow = definitions.make_workflow(
        text=form.cleaned_data["definition"],
        owner=form.owner(),
        actor=request.actor,
        note=form.cleaned_data["note"],
    )
    messages.success(request, f"{workflow.title} is there, and version 1 of it is live.")
    return redirect("workflow", workflow.slug)


# -- The check ----------------------------------------------------------------------------


@require_POST
def check(request: Request, slug: str) -> HttpResponse:
    """Show the check of a text that is being written, for the part beside the editor."""
    access.require(request.actor, Capability.CONFIGURE)
    return _check(request, selectors.get_workflow(slug))


@require_POST
def check_new(request: Request) -> HttpResponse:
    """Show the check of a text for a workflow that does not exist yet."""
    access.require(request.actor, Capability.CONFIGURE)
    return _check(request, None)


def _check(request: Request, workflow: Workflow | None) -> HttpResponse:
    text = request.POST.get("definition", "").replace("\r\n", "\n")
    if len(text) > LONGEST_DEFINITION:
        raise Invalid(f"A definition has at most {LONGEST_DEFINITION:,} characters.")
    found = editing.checked_text(text, workflow)
    return render(request, "workflows/checked.html", {"workflow": workflow, "checked": found})


def _editor(
    request: Request,
    form: VersionForm,
    workflow: Workflow | None,
    *,
    status: int = 200,
    is_checked: bool = False,
    **more: Any,
) -> HttpResponse:
    text = str(form["definition"].value() or "").replace("\r\n", "\n")
    found = editing.checked_text(text, workflow)
    context = {
        "workflow": workflow,
        "form": form,
        "text": text,
        "checked": found,
        "check_url": reverse("workflow_check", args=[workflow.slug])
        if workflow
        else reverse("workflow_check_new"),
        "is_checked": is_checked and not found.wrong,
        "schema_comment": editing.schema_comment(),
        **more,
    }
    if is_checked and found.wrong:
        status = 400
    return render(request, "workflows/edit.html", context, status=status)


# -- Differences --------------------------------------------------------------------------


@require_safe
def difference(request: Request, slug: str, before: int, after: int) -> HttpResponse:
    """Show the differences of two versions in sentences, as a picture and as text."""
    workflow = selectors.get_workflow(slug)
    old, new = selectors.get_version(workflow, before), selectors.get_version(workflow, after)
    context = {
        "workflow": workflow,
        "before": old,
        "after": new,
        "changes": changes.between(old.definition, new.definition),
    }
    return render(request, "workflows/difference.html", context)


# -- An older version again ---------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def again(request: Request, slug: str, number: int) -> HttpResponse:
    """Show what an older version would change and which actions it would refuse.

    POST publishes its text again as the newest version.
    """
    access.require(request.actor, Capability.CONFIGURE)
    workflow = selectors.get_workflow(slug)
    version, live = selectors.get_version(workflow, number), workflow.live
    problems: list[str] = []
    if request.method == "POST":
        base = request.POST.get("base", "")
        try:
            made = versions.make_live_again(
                workflow,
                version,
                actor=request.actor,
                base=int(base) if base.isascii() and base.isdigit() and len(base) < 9 else 0,
            )
        except DefinitionError as error:
            problems = [problem.sentence() for problem in error.problems]
        except Conflict as error:
            problems = [error.message]
        else:
            messages.success(request, f"Version {number} is live again, as version {made.number}.")
            return redirect("workflow", slug)
    context = {
        "workflow": workflow,
        "version": version,
        "live": live,
        "problems": problems,
        "changes": changes.between(live.definition, version.definition) if live else None,
        "refused": versions.actions_voided_by(workflow, version),
    }
    return render(request, "workflows/again.html", context, status=409 if problems else 200)
