"""Queries for what runs wait for: the same few for one run or a page of runs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from approvals.gate import verdict
from approvals.models import Proposal, ReviewItem
from approvals.queries import tenant_rules
from audit.models import Outbox
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
from workflows.models import Call, Circuit, Run, StepRun, Workflow
from workflows.states import UNDER_WAY
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


@dataclass(slots=True)
class _Found:
    """Jobs, items and waiting steps by the id of the run, and timers by the id of the step."""

    jobs: dict[UUID, list[WaitingJob]] = field(default_factory=lambda: defaultdict(list))
    items: dict[UUID, list[ReviewItem]] = field(default_factory=lambda: defaultdict(list))
    steps: dict[UUID, list[StepRun]] = field(default_factory=lambda: defaultdict(list))
    timers: dict[UUID, Any] = field(default_factory=dict)


def reasons_of_runs(runs: Iterable[Run], *, names: bool = False) -> dict[UUID, list[Waiting]]:
    """Return the reasons why each of these runs waits now; none for a run that is over or at work.

    The runs must have their workflows loaded. With ``names`` the reasons name the deciders.
    """
    going = [run for run in runs if run.status in UNDER_WAY]
    if not going:
        return {}
    found, rules = _read([run.pk for run in going]), tenant_rules()
    gate_context, tenant = verdict.context_of(rules), rules.tenant
    jobs = [row for rows in found.jobs.values() for row in rows]
    # Each further query only where a row needs it.
    known = _circuits() if any(row.name for row in jobs) else {}
    workflow_calls = _calls_of_workflows(going, jobs)
    client_calls = _calls_of_client(tenant) if any(row.ready for row in jobs) else None
    people = _deciders(going, found) if names else {}
    common = Facts(
        now=clock.now(), zone=ZoneInfo(tenant.timezone), circuits=known, client_calls=client_calls
    )
    return {
        run.pk: _reasons_of_run(run, found, common, gate_context, workflow_calls, people)
        for run in going
    }


def _reasons_of_run(
    run: Run,
    found: _Found,
    common: Facts,
    gate_context: verdict.GateContext,
    workflow_calls: dict[UUID, tuple[int, int]],
    people: dict[UUID, list[str]],
) -> list[Waiting]:
    workflow = run.workflow
    paused = (f"{workflow.title} is paused.",) if workflow.paused_at else ()
    facts = replace(
        common,
        paused=run.paused_at is not None,
        stopped=(*gate_context.stopped, *paused),
        jobs=found.jobs.get(run.pk, []),
        items=[_waiting_item(item, people) for item in found.items.get(run.pk, [])],
        steps=[
            waiting_step_sentence(step.kind, step.note, found.timers.get(step.pk), common)
            for step in found.steps.get(run.pk, [])
        ],
        workflow_calls=workflow_calls.get(workflow.pk),
    )
    return explain(facts)


def _owner(raised: ExceptionDraft) -> str:
    is_ours = responsible_for(raised) is Responsible.PROVIDER
    return "the provider" if is_ours else raised.owner


def _waiting_item(item: ReviewItem, people: dict[UUID, list[str]]) -> WaitingItem:
    is_exception = item.kind == "exception"
    owner = _owner(ExceptionDraft.read(item.draft)) if is_exception else ""
    return WaitingItem(item.due_at, is_exception, people.get(item.workflow_id), owner)


def _read(run_ids: list[UUID]) -> _Found:
    found = _Found()
    of, made = {run_id: run_id for run_id in run_ids}, {}
    for call in Call.objects.filter(run_id__in=run_ids, status="intended").only(
        "id", "run_id", "kind", "name", "attempt"
    ):
        of[call.pk], made[call.pk] = call.run_id, call
    for item in ReviewItem.objects.filter(run_id__in=run_ids).only(
        "id", "run_id", "workflow_id", "kind", "status", "due_at", "draft"
    ):
        of[item.pk] = item.run_id
        if item.status == "waiting":
            found.items[item.run_id].append(item)
    for step in StepRun.objects.filter(
        run_id__in=run_ids, status="waiting", replaced_at=None, kind__in=("wait", "handoff")
    ).defer("output"):
        of[step.pk] = step.run_id
        if not (step.kind == "handoff" and step.note == ""):
            found.steps[step.run_id].append(step)
    _read_jobs(found, of, made)
    return found


def _read_jobs(found: _Found, of: dict[UUID, UUID], made: dict[UUID, Call]) -> None:
    tenant_id = current_tenant_id()
    rows = list(
        Outbox.objects.filter(
            tenant_id=tenant_id,
            object_id__in=list(of),
            lease_until=None,
            parked_at=None,
            topic__in=TOPICS,
        ).order_by("due_at", "id")
    )
    ready = [row.pk for row in rows if row.ready and row.waits_for is None]
    at_limit = [row.pk for row in rows if row.waits_for is not None]
    before = backlog.ahead_in_queue(tenant_id, ready) if ready else {}
    before |= backlog.ahead_at_limit(tenant_id, at_limit) if at_limit else {}
    tools = _tools(row.object_id for row in rows if row.topic == perform.PERFORM)
    for row in rows:
        if row.topic == waits.TOPIC:
            found.timers[row.object_id] = row.due_at
        call = made.get(row.object_id)
        tool = tools.get(row.object_id, "") if row.topic == perform.PERFORM else ""
        one = WaitingJob(
            topic=row.topic,
            due_at=row.due_at,
            ready=row.ready,
            waits_for=row.waits_for or "",
            before=before.get(row.pk),
            kind=call.kind if call else "tool",
            name=call.name if call else tool,
            attempt=call.attempt if call else 1,
        )
        found.jobs[of[row.object_id]].append(one)


def _tools(item_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the name of the tool of each item's next action."""
    ids = list(item_ids)
    if not ids:
        return {}
    rows = Proposal.objects.filter(item_id__in=ids, status="approved").order_by("-position")
    return dict(rows.values_list("item_id", "tool_name"))


def _circuits() -> breakers.BreakerStates:
    rows = Circuit.objects.filter(opened_at__isnull=False)
    return {
        (row.kind, row.name): BreakerState(**{name: getattr(row, name) for name in breakers.FIELDS})
        for row in rows
    }


def _calls_of_workflows(runs: list[Run], jobs: list[WaitingJob]) -> dict[UUID, tuple[int, int]]:
    """Return calls in flight and the limit of each workflow whose jobs wait at its own limit."""
    waits_for = {row.waits_for for row in jobs}
    limited: dict[str, Workflow] = {
        limits.workflow_key(run.workflow_id): run.workflow for run in runs if run.workflow.at_once
    }
    keys = [key for key in limited if key in waits_for]
    in_flight = backlog.calls_in_flight(keys) if keys else {}
    return {limited[key].pk: (n, limited[key].at_once or 0) for key, n in in_flight.items()}


def _calls_of_client(tenant: Tenant) -> tuple[int, int]:
    most = settings.CALLS_PER_TENANT if tenant.at_once is None else tenant.at_once
    return backlog.claims_in_flight(tenant.pk, most), most


def _deciders(runs: list[Run], found: _Found) -> dict[UUID, list[str]]:
    """Return the names of the deciders of each workflow with a waiting item."""
    asking = {run.workflow_id for run in runs if found.items.get(run.pk)}
    return {pk: [str(user) for user in access.deciders(pk)] for pk in asking}
