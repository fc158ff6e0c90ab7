"""Reading workflows, runs and their traces."""

from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from approvals.models import ReviewItem
from workflows.models import Call, Circuit, Run, StepRun, Version, Workflow


def workflows() -> QuerySet[Workflow]:
    """The tenant's workflows with how many runs are under way."""
    # Counted apart, not joined: the primary key is (tenant_id, id), so GROUP BY id is refused.
    mine = unfinished_runs().filter(workflow=OuterRef("pk")).order_by().values("workflow")
    counted = Subquery(mine.annotate(n=Count("id")).values("n"))
    rows = Workflow.objects.select_related("owner", "live")
    return rows.annotate(under_way=Coalesce(counted, 0)).order_by("title")


def workflow(slug: str) -> Workflow | None:
    """One workflow by its slug; a text that can be none finds none."""
    if "\x00" in slug:
        return None
    return Workflow.objects.select_related("owner", "live").filter(slug=slug).first()


def workflow_versions(of: Workflow) -> QuerySet[Version]:
    """Its versions, newest first."""
    return of.versions.select_related("published_by").order_by("-number")


def version(of: Workflow, number: int) -> Version | None:
    """One version by its number."""
    return workflow_versions(of).filter(number=number).first()


def published_workflows() -> QuerySet[Workflow]:
    """Workflows with a published version, by title, each with that version."""
    return Workflow.objects.exclude(live=None).select_related("live").order_by("title")


def workflow_slugs(workflow_ids: set[UUID]) -> dict[UUID, str]:
    """The slugs of these workflows."""
    if not workflow_ids:
        return {}
    return dict(Workflow.objects.filter(pk__in=workflow_ids).values_list("pk", "slug"))


def runs() -> QuerySet[Run]:
    """The tenant's runs, newest first."""
    return Run.objects.select_related("workflow", "version").order_by("-id")


def unfinished_runs() -> QuerySet[Run]:
    """Runs that are not over."""
    return Run.objects.filter(status__in=("running", "waiting"))


def listed_runs(of: Workflow | None = None, status: str = "") -> QuerySet[Run]:
    """Runs for a list, newest first, without their requests and definitions."""
    found = runs().defer("input", "version__definition")
    if of is not None:
        found = found.filter(workflow=of)
    return found.filter(status=status) if status else found


def run(run_id: UUID) -> Run | None:
    """One run, with the run that handed over to it."""
    return runs().select_related("parent__run__workflow").filter(pk=run_id).first()


def children_of(of: Run) -> dict[UUID, Run]:
    """The runs that its steps handed over to, by the step."""
    found = runs().filter(parent__run_id=of.pk).defer("input", "version__definition")
    return {run.parent_id: run for run in found if run.parent_id}


def reruns(of: Run) -> QuerySet[Run]:
    """Runs that ran this one again from a step, newest first."""
    return Run.objects.filter(rerun_of=of).order_by("-id")


def open_circuits() -> list[Circuit]:
    """The models and tools that calls are held from now, by name."""
    return list(Circuit.objects.filter(opened_at__isnull=False).order_by("kind", "name"))


def steps_of(of: Run) -> QuerySet[StepRun]:
    """The steps that began, in order, replaced attempts too."""
    return StepRun.objects.filter(run=of).order_by("id")


def calls_of(of: Run) -> QuerySet[Call]:
    """The run's calls, in order."""
    return Call.objects.filter(run=of).select_related("step").order_by("id")


def items_of(of: Run) -> QuerySet[ReviewItem]:
    """What of the run went before people, in order."""
    return ReviewItem.objects.filter(run_id=of.pk).select_related("decided_by").order_by("id")


def outputs_of(run: Run) -> dict[str, Any]:
    """What each finished step of a run gave, by the step's name."""
    rows = StepRun.objects.filter(run=run, replaced_at=None, status="done", output__isnull=False)
    return dict(rows.order_by("id").values_list("name", "output"))
