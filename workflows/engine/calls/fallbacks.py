"""Fallbacks of a step that failed, used in the order of its definition.

Each fallback is a next attempt of the step, so the trace shows what was tried and why.
"""

from collections.abc import Collection
from dataclasses import replace as changed
from datetime import datetime
from typing import Any

from audit import outbox
from audit.services import record
from audit.transitions import move
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from workflows.definitions.definition import Step
from workflows.definitions.on_failure import Fallback
from workflows.engine.calls import journal
from workflows.engine.calls.routes import (
    LeftFor,
    admitted,
    named_model_problem,
    next_candidate,
)
from workflows.engine.state import breakers
from workflows.engine.state.attempts import begin_anew
from workflows.engine.state.context import Context, begin_row
from workflows.engine.state.exceptions import raise_exception
from workflows.exceptions.causes import CausedProblem
from workflows.models import Call, StepRun
from workflows.steps.results import AskModel
from workflows.validation.manual_output import output_of


def plan_for(context: Context, row: StepRun, asked: Collection[str]) -> tuple[int, Fallback] | None:
    """Return a step's next fallback with its number from 1; None where a person must resolve it.

    Models that were ``asked`` this already are passed over, and those outside the client's bounds.
    """
    plans = context.definition.step(row.name).head.on_failure
    for number, plan in enumerate(plans[row.fallback :], row.fallback + 1):
        if plan.person:
            return None
        # Turns of an agent are given tools.
        has_tools = row.kind == "turn"
        if plan.model and (
            plan.model in asked or named_model_problem(context, plan.model, has_tools=has_tools)
        ):
            continue
        is_open = plan.model and breakers.is_open(context.circuits, "model", plan.model)
        # A model whose circuit is open too is passed over while another fallback follows.
        if not is_open or number == len(plans):
            return number, plan
    return None


def awake_plan(context: Context, row: StepRun, call: Call) -> bool:
    """Whether the next fallback that a step's definition names answers at once."""
    found = plan_for(context, row, models_asked(call))
    model = found[1].model if found else ""
    return found is not None and not (model and breakers.is_open(context.circuits, "model", model))


def ask_next_candidate(
    context: Context, row: StepRun, call: Call, problem: str, left: LeftFor
) -> tuple[bool, outbox.Job | None]:
    """Ask the next model of the routing table's row what a model did not answer, if there is one.

    Returns whether there was one, and the call that this worker makes now, if any.
    """
    question = next_candidate(context, call, left)
    if question is None:
        return False, None
    own = not context.is_stopped  # while stopped the call waits in its row
    question, delay = admitted(context, question, take_probe=own)
    # Another fallback answers at once, and waiting for the circuit may take minutes.
    if delay and plan_for(context, row, models_asked(call)):
        return False, None
    return True, ask_anew(context, row, question, problem, due_at=delay.until if delay else None)


def ask_anew(
    context: Context,
    row: StepRun,
    question: AskModel,
    problem: str,
    *,
    due_at: datetime | None = None,
) -> outbox.Job | None:
    """Ask another model of the table as a step's next attempt, after ``problem`` with the former.

    Returns the call that this worker makes now, if any.
    """
    move(row, "failed", actor=SYSTEM, note=problem, ended_at=clock.now())
    said = f"the model {question.model}"
    anew = begin_anew(row, "running", fallback=row.fallback, note=f"Next, {said}. {problem}")
    if anew.item is None:  # items of a list are not in the context
        context.steps[row.name] = anew
    record(Verb.STEP_FELL_BACK, anew, actor=SYSTEM, after={"fallback": said}, reason=problem)
    own = not context.is_stopped
    return journal.journal_question(context, anew, question, own=own, due_at=due_at)


def models_asked(call: Call) -> list[str]:
    """Return the models that failed at a call's question, its own the last."""
    return [*(call.choice["failed"] if call.choice else ()), call.name]


def models_named(context: Context, row: StepRun) -> list[str]:
    """Return the models that a step's definition names as its fallbacks."""
    return [plan.model for plan in context.definition.step(row.name).head.on_failure if plan.model]


def use_next(
    context: Context,
    row: StepRun,
    problem: str,
    question: AskModel,
    *,
    asked: Collection[str],
    own: bool = True,
) -> tuple[bool, outbox.Job | None]:
    """Use the next fallback of a step that asks a model.

    Returns whether there was one, and the call that this worker makes now, if any. ``question`` is
    the failed question; the fallback's model is asked the same. ``asked`` are the models that were.
    """
    found = plan_for(context, row, asked)
    if found is None:
        return False, None
    number, plan = found
    if plan.value is not None:
        use_value(context, row, number, plan.value, problem)
        return True, None
    anew = begin(context, row, "running", number, problem)
    # The trace shows this as the reason for the call's model.
    why = f"fallback {number}, as {row.note or problem}"[:200]
    question = changed(question, model=plan.model, why=why, choice=None)
    own = own and not context.is_stopped  # while stopped the call waits in its row
    delay = breakers.admit_call(context.circuits, "model", plan.model, take_probe=own)
    return True, journal.journal_question(
        context, anew, question, own=own, due_at=delay.until if delay else None
    )


def begin(
    context: Context, row: StepRun, status: str, number: int, problem: str, **fields: Any
) -> StepRun:
    """Replace a step that failed for ``problem`` by its fallback ``number``, as a next attempt."""
    if row.status != "failed":
        move(row, "failed", actor=SYSTEM, note=problem, ended_at=clock.now())
    plan = context.definition.step(row.name).head.on_failure[number - 1]
    note = f"Fallback {number}: {plan.said()}. {problem}"
    anew = begin_anew(row, status, fallback=number, note=note, **fields)
    if anew.item is None:  # items of a list are not in the context
        context.steps[row.name] = anew
    _record_fallback(anew, plan, problem)
    return anew


def use_value(
    context: Context, row: StepRun, number: int, value: dict[str, Any], problem: str
) -> None:
    """Finish a step with the value that its fallback ``number`` declares as its output."""
    output = output_of(context.definition, row.name, value, by="")
    begin(context, row, "done", number, problem, output=output, ended_at=clock.now())


def begin_failed(context: Context, step: Step, problem: CausedProblem, *, attempt: int = 1) -> None:
    """Insert a step that could not begin: done with its fallback's value, else failed.

    A failed step raises an exception. Fallbacks that ask another model or tool don't apply: what
    they would be asked could not be worked out.
    """
    values = [(n, plan) for n, plan in enumerate(step.head.on_failure, 1) if plan.value is not None]
    if not values:
        begin_row(context, step, "failed", attempt=attempt, note=problem, ended_at=clock.now())
        raise_exception(context, step.name, problem)
        return
    number, plan = values[0]
    output = output_of(context.definition, step.name, plan.value, by="")
    note = f"Fallback {number}: {plan.said()}. {problem}"
    more = {"attempt": attempt, "fallback": number, "ended_at": clock.now()}
    row = begin_row(context, step, "done", output=output, note=note, **more)
    _record_fallback(row, plan, problem)


def _record_fallback(row: StepRun, plan: Fallback, problem: str) -> None:
    after = {"fallback": plan.said()}
    record(Verb.STEP_FELL_BACK, row, actor=SYSTEM, after=after, reason=problem)
