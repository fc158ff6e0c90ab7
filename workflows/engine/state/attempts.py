"""Attempts of a step: a later attempt replaces the former, and both rows stay in the journal."""

from typing import Any

from audit.transitions import move
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.ids import uuid7
from workflows.definitions.definition import Step, is_part
from workflows.definitions.references import upstream
from workflows.engine.state.context import Context
from workflows.exceptions.causes import Cause, caused_problem, problem_as_json
from workflows.models import StepRun

DECLINED = "The item was "  # how the note of a step begins whose item was not accepted


def supersede(row: StepRun) -> None:
    """Mark a step's row as replaced, so that a later attempt can take its place.

    The calls of the row stay in the journal. A failed ``for_each`` step replaces its failed
    items too.
    """
    StepRun.objects.filter(pk=row.pk).update(replaced_at=clock.now())
    if row.status == "failed" and row.item is None:
        supersede_failed_items(row)


def reset_step(context: Context, row: StepRun) -> None:
    """Mark a step's row as replaced and drop it from the context, so that the step begins anew."""
    supersede(row)
    del context.steps[row.name]


def skipped_steps(context: Context) -> list[StepRun]:
    """Return the skipped steps of a run. The parts of a step stay while the step does."""
    rows = context.steps.values()
    return [row for row in rows if row.status == "skipped" and not is_part(row.name)]


def declined_need(context: Context, step: Step) -> str:
    """Return why a step can't do without a need whose item was not accepted; empty for none."""
    for name in sorted(upstream(context.definition, step.name)):
        row = context.steps.get(name)
        if row is not None and row.status == "skipped" and row.note.startswith(DECLINED):
            return f"It needs what the step {name} gives. {row.note}"
    return ""


def supersede_failed_items(row: StepRun) -> None:
    """Mark the unfinished items of a ``for_each`` step as replaced; finished items stay."""
    rows = StepRun.objects.filter(run_id=row.run_id, name=row.name, replaced_at=None)
    rows.exclude(item=None).exclude(status="done").update(replaced_at=clock.now())


def begin_anew(row: StepRun, status: str, **fields: Any) -> StepRun:
    """Insert the next attempt of the step of ``row`` with this status and these fields."""
    # Replace before inserting: one row a step is live (``one_live_step_a_name``).
    supersede(row)
    anew = StepRun(
        id=uuid7(),
        run_id=row.run_id,
        name=row.name,
        item=row.item,
        kind=row.kind,
        status=status,
        attempt=row.attempt + 1,
        began_at=clock.now(),
        **fields,
    )
    unit_of_work.insert(anew)
    return anew


def fail_step(row: StepRun, problem: str) -> None:
    """Move a step to failed, with the reason in its note and in the record."""
    fields = {}
    if row.item is not None:
        # The step raises the exception once no other item is under way: keep the cause till then.
        fields = {"output": problem_as_json(caused_problem(problem, Cause.CODE))}
    move(
        row,
        "failed",
        actor=SYSTEM,
        verb=Verb.STEP_FAILED,
        reason=problem,
        note=problem,
        ended_at=clock.now(),
        **fields,
    )
