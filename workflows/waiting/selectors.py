"""Queries for what runs wait for: the same few for one run or a page of runs."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from approvals.gate import verdict
from approvals.queries import tenant_rules
from audit.worker import backlog
from tenants import access, clock
from tenants.models import Tenant
from tenants.scope import current_tenant_id
from workflows.engine.advance import waits
from workflows.engine.calls import journal, limits
from workflows.engine.handlers import perform, resume
from workflows.engine.state import breakers, parents
from workflows.engine.state.breaker import BreakerState
from workflows.exceptions.cause_words import responsible_for
from workflows.exceptions.causes import Responsible
from workflows.exceptions.draft import ExceptionDraft
from workflows.models import Run, Workflow
from workflows.selectors import open_circuits
from workflows.states import UNDER_WAY
from workflows.waiting.open_work import OpenItem, OpenJob, OpenWork, open_work_of
from workflows.waiting.sentences import (
    Facts,
    Waiting,
    WaitingItem,
    WaitingJob,
    explain,
    waiting_step_sentence,
)

TOPICS = (
    "run.advance",
    "item.closed",
    resume.TOPIC,
    journal.TOPIC,
    perform.PERFORM,
    waits.TOPIC,
    parents.TOPIC,
)


def reasons_of_runs(runs: Iterable[Run], *, names: bool = False) -> dict[UUID, list[Waiting]]:
    """Return the reasons why each of these runs waits now; none for a run that is over or at work.

    The runs must have their workflows loaded. With ``names`` the reasons name the deciders.
    """
    going = [run for run in runs if run.status in UNDER_WAY]
    if not going:
        return {}
    found, rules = open_work_of([run.pk for run in going], TOPICS), tenant_rules()
    gate_context, tenant = verdict.context_of(rules), rules.tenant
    jobs = list(found.all_jobs())
    # Each further query only where a row needs it.
    known = _circuits() if any(job.name for job in jobs) else {}
    workflow_calls = _calls_of_workflows(going, jobs)
    client_calls = _calls_of_client(tenant) if any(job.ready for job in jobs) else None
    people = _deciders(going, found) if names else {}
    before = _jobs_before(jobs)
    common = Facts(
        now=clock.now(), zone=ZoneInfo(tenant.timezone), circuits=known, client_calls=client_calls
    )
    return {
        run.pk: _reasons_of_run(run, found, common, gate_context, workflow_calls, people, before)
        for run in going
    }


def _reasons_of_run(
    run: Run,
    found: OpenWork,
    common: Facts,
    gate_context: verdict.GateContext,
    workflow_calls: dict[UUID, tuple[int, int]],
    people: dict[UUID, list[str]],
    before: dict[UUID, int],
) -> list[Waiting]:
    workflow, jobs = run.workflow, found.jobs.get(run.pk, [])
    paused = (f"{workflow.title} is paused.",) if workflow.paused_at else ()
    timers = {job.object_id: job.due_at for job in jobs if job.topic == waits.TOPIC}
    facts = replace(
        common,
        paused=run.paused_at is not None,
        stopped=(*gate_context.stopped, *paused),
        jobs=[_waiting_job(job, before.get(job.id)) for job in jobs],
        items=[_waiting_item(item, people) for item in found.items.get(run.pk, [])],
        steps=[
            waiting_step_sentence(step.kind, step.note, timers.get(step.id), common)
            for step in found.steps.get(run.pk, [])
            # A handoff without a note has not started its child run yet.
            if step.kind != "handoff" or step.note
        ],
        workflow_calls=workflow_calls.get(workflow.pk),
    )
    return explain(facts)


def _jobs_before(jobs: list[OpenJob]) -> dict[UUID, int]:
    """Return by job how many of the client's go before it, in its queue or at its limit."""
    tenant_id = current_tenant_id()
    ready = [job.id for job in jobs if job.ready and job.waits_for is None]
    at_limit = [job.id for job in jobs if job.waits_for is not None]
    before = backlog.ahead_in_queue(tenant_id, ready) if ready else {}
    return before | (backlog.ahead_at_limit(tenant_id, at_limit) if at_limit else {})


def _waiting_job(job: OpenJob, before: int | None) -> WaitingJob:
    return WaitingJob(
        topic=job.topic,
        due_at=job.due_at,
        ready=job.ready,
        waits_for=job.waits_for or "",
        before=before,
        kind=job.kind,
        name=job.name,
        attempt=job.attempt,
        problem=job.problem,
    )


def _owner(raised: ExceptionDraft) -> str:
    is_ours = responsible_for(raised) is Responsible.PROVIDER
    return "the provider" if is_ours else raised.owner


def _waiting_item(item: OpenItem, people: dict[UUID, list[str]]) -> WaitingItem:
    owner = _owner(ExceptionDraft.read(item.draft)) if item.draft is not None else ""
    is_exception = item.kind == "exception"
    return WaitingItem(item.due_at, is_exception, people.get(item.workflow_id), owner)


def _circuits() -> breakers.BreakerStates:
    return {
        (row.kind, row.name): BreakerState(**{name: getattr(row, name) for name in breakers.FIELDS})
        for row in open_circuits()
    }


def _calls_of_workflows(runs: list[Run], jobs: list[OpenJob]) -> dict[UUID, tuple[int, int]]:
    """Return calls in flight and the limit of each workflow whose jobs wait at its own limit."""
    waits_for = {job.waits_for for job in jobs}
    limited: dict[str, Workflow] = {
        limits.workflow_key(run.workflow_id): run.workflow for run in runs if run.workflow.at_once
    }
    keys = [key for key in limited if key in waits_for]
    in_flight = backlog.calls_in_flight(keys) if keys else {}
    return {limited[key].pk: (n, limited[key].at_once or 0) for key, n in in_flight.items()}


def _calls_of_client(tenant: Tenant) -> tuple[int, int]:
    most = settings.CALLS_PER_TENANT if tenant.at_once is None else tenant.at_once
    return backlog.claims_in_flight(tenant.pk, most), most


def _deciders(runs: list[Run], found: OpenWork) -> dict[UUID, list[str]]:
    """Return the names of the deciders of each workflow with a waiting item."""
    asking = {run.workflow_id for run in runs if found.items.get(run.pk)}
    return {pk: [str(user) for user in access.deciders(pk)] for pk in asking}
