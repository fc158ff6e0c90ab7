"""The next attempt of a step takes the place of the one before; both stay in the journal."""

from typing import Any

from audit.transitions import move
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.ids import uuid7
from workflows.exceptions.causes import Cause, caused_problem, kept_problem
from workflows.models import StepRun


def supersede(row: StepRun) -> None:
    """Let a later attempt take a step's place; its calls stay in the journal."""
    StepRun.objects.filter(pk=row.pk).update(replaced_at=clock.now())
    if row.status == "failed" and row.item is None:
        forget_failed_items(row)


def forget_failed_items(row: StepRun) -> None:
    """Let the failed items of a for_each step begin anew with it; finished ones stay."""
    rows = StepRun.objects.filter(run_id=row.run_id, name=row.name, replaced_at=None)
    rows.exclude(item=None).exclude(status="done").update(replaced_at=clock.now())


def begin_anew(row: StepRun, status: str, **fields: Any) -> StepRun:
    """The next attempt of ``row``'s step, beginning as it is told."""
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
    """End a step that can't go on, and say why on it and in the record.

    An item's row keeps the cause: the exception is raised once no other item is under way.
    """
    fields = {}
    if row.item is not None:
        fields = {"output": kept_problem(caused_problem(problem, Cause.CODE))}
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
