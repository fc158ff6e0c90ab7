"""Reruns: a new run from a step of an earlier run, which keeps the steps finished before it."""

from uuid import UUID

from django.db.models import Q

from approvals.models import Proposal
from audit import outbox
from audit.canonical import sha256
from audit.jobs import Priority
from audit.services import record
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import Actor
from tenants.errors import Conflict, Invalid
from tenants.ids import uuid7
from tenants.roles import Capability
from workflows.definitions.definition import Definition, step_of_part
from workflows.definitions.references import upstream
from workflows.engine.handoffs.child_runs import have_children_acted
from workflows.models import Run, StepRun
from workflows.selectors import get_run
from workflows.services.runs import insert_once, requesters
from workflows.validation.parse import parse_published

OVER = ("done", "failed", "cancelled")
# Statuses of actions that happened or may have happened: they are not done a second time.
HANDING_OVER = ("handoff", "for_each")  # kinds of the rows that child runs belong to
MAY_HAVE_ACTED = ("executing", "executed", "in_doubt")


def rerun(
    run_id: UUID, *, step: str, actor: Actor, idempotency_key: str | None = None
) -> tuple[Run, bool]:
    """Start a run that repeats an earlier one from ``step`` on. Returns it and whether it is new.

    The version stays the same. Steps finished before ``step`` are kept with their calls and
    effects and are not repeated. Raises NotFound, Invalid for an unknown step, and Conflict while
    the earlier run is under way or where an action from ``step`` on was carried out.
    """
    access.require(actor, Capability.START_RUNS)
    former = get_run(run_id)
    if former.status not in OVER:
        raise Conflict("This run is still under way. Cancel it first.", code="wrong_state")
    definition = parse_published(former.version.definition)
    again = _steps_from(definition, step)
    _check_effects(former, again, definition)
    digest = sha256({"rerun_of": str(former.pk), "from": step})
    run = _run(former, step, digest, idempotency_key)
    # Requesters of both runs count for a policy that keeps requesting and approving apart.
    run.requested_by = list(dict.fromkeys((*former.requested_by, *requesters(actor))))
    if actor.is_human:
        run.priority = Priority.INTERACTIVE
    run, made = insert_once(run)
    if made:
        _copy_steps(former, run, again)
        after = {"workflow": former.workflow.slug, "rerun_of": str(former.pk)}
        record(Verb.RUN_STARTED, run, actor=actor, after=after)
        told = {"from_step": step, "run": str(run.pk)}
        record(Verb.RUN_RERUN, former, actor=actor, after=told)
        outbox.enqueue("run.advance", run.pk, priority=Priority(run.priority))
    return run, made


def _steps_from(definition: Definition, step: str) -> set[str]:
    """Return the names of the step and of every step after it."""
    names = {s.name for s in definition.steps}
    if step not in names:
        raise Invalid(f"There is no step called {step}.", code="no_step")
    return {step} | {name for name in names if step in upstream(definition, name)}


def _check_effects(former: Run, again: set[str], definition: Definition) -> None:
    """Raise Conflict where an action would be taken again, as its step begins anew."""
    agents = {one.name for one in definition.of_kind("agent")}
    ended = StepRun.objects.filter(run=former, replaced_at=None, status="done", name__in=agents)
    # An agent that did not end is not kept, so it begins anew with all of its actions.
    unended = agents - again - set(ended.values_list("name", flat=True)) if agents else set()
    acts = Proposal.objects.filter(item__run_id=former.pk, is_undo=False, status__in=MAY_HAVE_ACTED)
    done = acts.select_related("tool").order_by("id")
    anew = again | unended
    _check_children(former, anew)
    if proposal := next((one for one in done if step_of_part(one.step) in anew), None):
        whole = step_of_part(proposal.step)
        more = "Run again from a later step."
        if whole in unended:
            more = f"The agent {whole} did not end, so it would begin anew."
        raise Conflict(
            f"The step {whole} was carried out ({proposal.tool.title}), or may have "
            f"been, and would happen twice. {more}",
            code="took_place",
            step=proposal.step,
        )


def _check_children(former: Run, anew: set[str]) -> None:
    """Raise Conflict where a workflow that one of these steps handed over to would act again."""
    halves = Q(replaced_at=None) | Q(replaced_at__isnull=False)  # each has an index of its own
    rows = StepRun.objects.filter(halves, run=former, kind__in=HANDING_OVER)
    steps = {pk: step_of_part(name) for pk, name in rows.order_by("id").values_list("pk", "name")}
    for name in sorted(set(steps.values()) & anew):
        if have_children_acted([pk for pk, whole in steps.items() if whole == name]):
            raise Conflict(
                f"What the step {name} handed over was carried out, or may have been, and would "
                "happen twice. Run again from a later step.",
                code="took_place",
                step=name,
            )


def _run(former: Run, step: str, digest: str, key: str | None) -> Run:
    return Run(
        id=uuid7(),
        workflow=former.workflow,
        version=former.version,
        trigger=former.trigger,
        asked_by=former.asked_by,
        asked_by_id=former.asked_by_id,
        input=former.input,
        idempotency_key=key,
        input_hash=digest,
        priority=former.priority,
        started_at=clock.now(),
        rerun_of=former,
        rerun_from=step,
    )


def _copy_steps(former: Run, run: Run, again: set[str]) -> None:
    rows = StepRun.objects.filter(run=former, replaced_at=None, status="done")
    StepRun.objects.bulk_create(
        StepRun(
            id=uuid7(),
            run=run,
            name=row.name,
            kind=row.kind,
            status="done",
            output=row.output,
            fallback=row.fallback,
            note="Kept from the run before.",
            began_at=row.began_at,
            ended_at=row.ended_at,
        )
        for row in rows.order_by("id")
        if step_of_part(row.name) not in again
    )
