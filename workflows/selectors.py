"""Queries for workflows, versions, runs and the traces of runs."""

from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from approvals.models import ReviewItem
from tenants import clock
from tenants.db.lookup import get_or_not_found
from workflows.definitions.definition import PART_SEPARATOR
from workflows.models import (
    Call,
    CallPicture,
    Circuit,
    FormPreview,
    Run,
    StepRun,
    Version,
    Workflow,
)
from workflows.states import UNDER_WAY


def workflows() -> QuerySet[Workflow]:
    """Return the tenant's workflows by title, each with its number of unfinished runs."""
    # Counted apart, not joined: the primary key is (tenant_id, id), so GROUP BY id is refused.
    counts = unfinished_runs().filter(workflow=OuterRef("pk")).order_by().values("workflow")
    counted = Subquery(counts.annotate(n=Count("id")).values("n"))
    rows = Workflow.objects.select_related("owner", "live")
    return rows.annotate(under_way=Coalesce(counted, 0)).order_by("title")


def get_workflow(slug: str) -> Workflow:
    """Return a workflow by its slug, with its owner and its live version. Raises NotFound."""
    return get_or_not_found(Workflow.objects.select_related("owner", "live"), "workflow", slug=slug)


def workflow_versions(of: Workflow) -> QuerySet[Version]:
    """Return a workflow's versions, newest first."""
    return of.versions.select_related("published_by").order_by("-number")


def get_version(of: Workflow, number: int) -> Version:
    """Return a workflow's version by its number. Raises NotFound."""
    return get_or_not_found(workflow_versions(of), "version", number=number)


def published_workflows() -> QuerySet[Workflow]:
    """Return the workflows with a published version, by title, each with that version."""
    return Workflow.objects.exclude(live=None).select_related("live").order_by("title")


def workflow_slugs(workflow_ids: set[UUID]) -> dict[UUID, str]:
    """Return the slugs of these workflows, by id."""
    if not workflow_ids:
        return {}
    return dict(Workflow.objects.filter(pk__in=workflow_ids).values_list("pk", "slug"))


def runs() -> QuerySet[Run]:
    """Return the tenant's runs, newest first."""
    return Run.objects.select_related("workflow", "version").order_by("-id")


def unfinished_runs() -> QuerySet[Run]:
    """Return the runs that are running or waiting."""
    # By their end too, which the partial index of runs under way goes by.
    return Run.objects.filter(status__in=UNDER_WAY, ended_at=None)


def listed_runs(of: Workflow | None = None, status: str = "") -> QuerySet[Run]:
    """Return runs for a list, newest first, without their inputs and definitions."""
    # Both are large, and a list shows neither.
    found = runs().defer("input", "version__definition")
    if of is not None:
        found = found.filter(workflow=of)
    return found.filter(status=status) if status else found


def get_run(run_id: UUID, among: QuerySet[Run] | None = None) -> Run:
    """Return one run, of ``among`` or of all with workflow and version. Raises NotFound."""
    return get_or_not_found(runs() if among is None else among, "run", pk=run_id)


def children_of(steps: list[UUID]) -> dict[UUID, Run]:
    """Return the child runs of handoff steps, by the step's id. No steps are asked nothing."""
    found = runs().filter(parent_id__in=steps).defer("input", "version__definition")
    return {run.parent_id: run for run in found if run.parent_id}


def reruns(of: Run) -> QuerySet[Run]:
    """Return the runs that repeat this one from a step, newest first."""
    return Run.objects.filter(rerun_of=of).order_by("-id")


def open_circuits() -> list[Circuit]:
    """Return the open circuits: the models and tools whose calls wait now, by name."""
    is_held = Q(opened_at__isnull=False) | Q(rest_until__gt=clock.now())
    return list(Circuit.objects.filter(is_held).order_by("kind", "name"))


def steps_of(of: Run) -> QuerySet[StepRun]:
    """Return the steps of a run that began, in order, replaced attempts too."""
    # Both halves of all rows: each has an index of its own.
    halves = Q(replaced_at=None) | Q(replaced_at__isnull=False)
    return StepRun.objects.filter(halves, run=of).order_by("id")


def calls_of(of: Run) -> QuerySet[Call]:
    """Return a run's calls, in order."""
    return Call.objects.filter(run=of).select_related("step").order_by("id")


def pictures_of(calls: list[Call]) -> dict[UUID, list[UUID]]:
    """Return the ids of the pictures of these calls, by the call's id. Models see nothing."""
    if not (tools := [call.pk for call in calls if call.kind == "tool"]):
        return {}
    found: dict[UUID, list[UUID]] = {}
    rows = CallPicture.objects.filter(call__in=tools).order_by("id")
    for call_id, picture_id in rows.values_list("call", "pk"):
        found.setdefault(call_id, []).append(picture_id)
    return found


def get_picture(run_id: UUID, picture_id: UUID) -> CallPicture:
    """Return a picture of one of a run's calls. Raises NotFound."""
    return get_or_not_found(CallPicture.objects.filter(call__run=run_id), "picture", pk=picture_id)


def previews_of(proposals: list[UUID]) -> dict[UUID, FormPreview]:
    """Return the previews of these proposals by their ids, without the pictures themselves.

    ``has_picture`` says whether there is one.
    """
    rows = FormPreview.objects.filter(proposal__in=proposals).defer("content")
    rows = rows.annotate(is_pictured=~Q(content=b""))
    return {row.proposal_id: row for row in rows}


def get_preview(item: ReviewItem, proposal_id: UUID) -> FormPreview:
    """Return the preview with the picture of one of an item's actions. Raises NotFound."""
    rows = FormPreview.objects.filter(proposal__item=item).exclude(content=b"")
    return get_or_not_found(rows, "picture", proposal_id=proposal_id)


def items_of(of: Run) -> QuerySet[ReviewItem]:
    """Return a run's review items, in order."""
    return ReviewItem.objects.filter(run_id=of.pk).select_related("decided_by").order_by("id")


def outputs_of(run: Run) -> dict[str, Any]:
    """Return the output of each finished step of a run, by the step's name.

    Those of a list's items and of an agent's parts are left out: their step has what they gave.
    """
    rows = StepRun.objects.filter(run=run, replaced_at=None, status="done", output__isnull=False)
    rows = rows.filter(item=None).exclude(name__contains=PART_SEPARATOR)
    return dict(rows.order_by("id").values_list("name", "output"))
