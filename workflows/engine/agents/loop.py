"""Loop of an agent step: a turn of the model, the calls it asks for, and the next turn.

The step's own row is running while the loop lasts, waiting while a person has its proposals, and
done once these are over.
"""

from typing import Any

from audit import outbox
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.errors import Invalid
from workflows.definitions.definition import Step
from workflows.engine.agents import proposals
from workflows.engine.agents.computing import function_tools
from workflows.engine.agents.conversation import messages_after
from workflows.engine.agents.look_ups import known_pieces, look_up_tools
from workflows.engine.agents.parts import (
    ACT,
    CALL,
    FEEDBACK,
    HANDOFF,
    RETRIEVE,
    TURN,
    last_turn,
    next_part,
    output_at_start,
    parts_of,
    parts_of_attempt,
    proposed_in,
)
from workflows.engine.agents.tools import offered_tools
from workflows.engine.agents.turn_calls import take_calls
from workflows.engine.agents.usage import limit_reached
from workflows.engine.calls import fallbacks
from workflows.engine.calls.ask_model import ask_model
from workflows.engine.handoffs.child_runs import have_children_acted
from workflows.engine.state.attempts import begin_anew, fail_step, reset_step
from workflows.engine.state.context import Context, begin_row
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.failures import problem_from_error
from workflows.engine.state.plan import OVER
from workflows.exceptions.causes import Cause, CausedProblem, caused_problem
from workflows.models import StepRun
from workflows.steps import agent

REFUSED_SINCE = "Some of what you proposed was refused since, as its results say."
UNTAKEN = "untaken"  # calls of a turn whose answer nothing followed from yet
KEPT_OF_CALL = ("id", "name", "arguments", "part")


def begin(
    context: Context, step: Step, opening: list[dict[str, Any]], *, own: bool
) -> outbox.Job | None:
    """Ask an agent step's model for its first turn, and return the call if this worker makes it.

    Raises Invalid, before anything is written, where no model may be asked.
    """
    parts = parts_of(context, step.name)  # of an attempt that failed
    # What was done to the world stays said in the conversation, or it would be proposed again.
    has_acted = any(row.kind == ACT and row.status in ("done", "failed") for row in parts)
    has_acted = has_acted or have_children_acted([p.pk for p in parts if p.kind == HANDOFF])
    for row in parts:
        if not has_acted or (row.kind == TURN and row.status == "failed"):
            reset_step(context, row)
    kept = output_at_start(parts_of(context, step.name))
    job = _ask_turn(context, step, opening, own=own)
    begin_row(context, step, "running", output=kept or None)
    return job


def continue_agents(context: Context, *, own: bool) -> outbox.Job | None:
    """Go on with every agent step under way, and end those whose proposals are over.

    Returns the call this worker makes, if there is one and ``own``.
    """
    job: outbox.Job | None = None
    for step in context.definition.of_kind(agent.NAME):
        row = context.steps.get(step.name)
        if row is None:
            continue
        if row.status == "running":
            job = _continue(context, step, own=own and job is None) or job
        elif row.status in ("waiting", "failed") and (row.output or {}).get("proposed"):
            _follow_proposals(context, row)
    return job


def _continue(context: Context, step: Step, *, own: bool) -> outbox.Job | None:
    """Ask for the next turn where nothing of the former is under way."""
    parts = parts_of(context, step.name)
    if any(row.status == "running" for row in parts if row.kind in (TURN, CALL)):
        return None
    # A call waits where its tool asks a person something.
    if any(row.status == "waiting" for row in parts if row.kind in (CALL, HANDOFF)):
        return None
    settings: agent.Settings = step.settings
    turn = last_turn(context, step.name)
    if turn is not None and UNTAKEN in (turn.output or {}):  # it was answered while stopped
        if job := take_answer(context, step, turn, own=own):
            return job
        if context.steps[step.name].status == "running":
            return _continue(context, step, own=own)
        return None
    has_proposed = any(
        row.kind == ACT and row.status == "waiting"
        for row in parts
        if turn is not None and parts.index(row) > parts.index(turn)
    )
    # With a schema it is asked for an answer that fits, which steps after it may read.
    may_end = settings.after_proposal == "end" and settings.output is None
    if has_proposed and may_end and not _left_out(parts_of_attempt(context, step.name)):
        assert turn is not None
        if _put_up(context, step, {"text": (turn.output or {})["text"], "spans": []}):
            return None  # else some of it is refused by now, which the model is told
    if problem := limit_reached(context, step):
        fail(context, step.name, problem)
        return None
    try:
        opening = agent.opening_messages(context, step)
        return _ask_turn(context, step, opening, own=own)
    except Invalid as error:  # no model may be asked by now, and nothing is written yet
        problem = problem_from_error(error, f"step {step.name} of run {context.run.pk}")
        fail(context, step.name, problem)
        return None


def take_answer(context: Context, step: Step, turn: StepRun, *, own: bool) -> outbox.Job | None:
    """Begin the calls that a turn asked for, or end the step with its last answer.

    Returns the call that this worker makes, if there is one and ``own``.
    """
    output = dict(turn.output or {})
    asked, text = [dict(one) for one in output.pop(UNTAKEN)], output["text"]
    if asked:
        job = take_calls(context, step, asked, own=own)
        calls = [{name: one[name] for name in KEPT_OF_CALL} for one in asked]
        unit_of_work.update(turn, {"output": output | {"calls": calls}})
        return job
    try:
        last = agent.read_last(context, step, text, known_pieces(context, step))
    except Invalid as error:
        unit_of_work.update(turn, {"output": output | {"unfit": error.message}})
        return None
    proposed = proposed_in(context, step.name)
    if proposed and not _put_up(context, step, last):
        # Its text was written for what it had proposed: it answers anew, and people see no promise
        # of what they are not asked for.
        unit_of_work.update(turn, {"output": output | {"unfit": REFUSED_SINCE}})
        return None
    unit_of_work.update(turn, {"output": output})
    if not proposed:
        finish(context, step, last)
    return None


def _ask_turn(
    context: Context, step: Step, opening: list[dict[str, Any]], *, own: bool
) -> outbox.Job | None:
    messages = messages_after(context, step.name, opening)
    tools = look_up_tools(context, step) + function_tools(step) + offered_tools(step)
    question = agent.turn_question(context, step, messages, tools)
    part = next_part(context, step.name, TURN)
    return ask_model(context, part, question, own=own)[1]


def take_feedback(context: Context, name: str, said: str, *, by: str) -> None:
    """Keep what a person said about a step's proposals, which are withdrawn, for its next turn."""
    for part in parts_of(context, name):
        if part.kind == ACT and part.status == "waiting":
            note = "It was sent back."
            move(part, "skipped", actor=SYSTEM, note=note, ended_at=clock.now())
        elif part.kind == ACT and "recommended" in (part.output or {}):
            kept = {key: value for key, value in part.output.items() if key != "recommended"}
            unit_of_work.update(part, {"output": kept})
    output = {"said": said, "by": by}
    begin_row(
        context, next_part(context, name, FEEDBACK), "done", output=output, ended_at=clock.now()
    )


def finish(context: Context, step: Step, output: dict[str, Any]) -> None:
    """End the loop of a step that has no proposals with its output."""
    done = outputs_done(context, step.name)
    output = output | ({"done": done} if done else {})
    move(context.steps[step.name], "done", actor=SYSTEM, output=output, ended_at=clock.now())


def _put_up(context: Context, step: Step, output: dict[str, Any]) -> bool:
    """Put a step's proposals before people. False where one of them may not be done any more."""
    proposed = proposals.submit(context, step, output)
    if proposed:
        row = context.steps[step.name]
        move(row, "waiting", actor=SYSTEM, output={**output, "proposed": proposed})
    return bool(proposed)


def _left_out(parts: list[StepRun]) -> bool:
    """Whether calls were not begun, as the step had asked for as many as it may."""
    return any(row.kind == CALL and row.status == "skipped" for row in parts)


def _follow_proposals(context: Context, row: StepRun) -> None:
    """Move a step whose loop is over to where its proposals are."""
    output = row.output or {}
    proposed = output["proposed"]
    acts = [part for part in parts_of(context, row.name) if part.name in proposed]
    failed = next((act for act in acts if act.status == "failed"), None)
    if failed is not None:
        if row.status != "failed":
            move(row, "failed", actor=SYSTEM, note=failed.note, ended_at=clock.now())
        return
    is_over = all(act.status in OVER for act in acts)
    if is_over:
        output = output | {"done": outputs_done(context, row.name)}
    if row.status == "failed":  # what failed is asked for again
        status = "waiting" if not is_over else "done" if output["done"] else "skipped"
        ended = {"ended_at": clock.now()} if is_over else {}
        context.steps[row.name] = begin_anew(row, status, output=output, **ended)
    elif is_over:
        move(row, "done", actor=SYSTEM, output=output, ended_at=clock.now())


def outputs_done(context: Context, name: str) -> list[dict[str, Any]]:
    """Return what the actions of a step that were done gave, also those it was sent back after."""
    acts = [part for part in parts_of(context, name) if part.kind == ACT]
    return [act.output or {} for act in acts if act.status == "done"]


def fail(context: Context, name: str, problem: CausedProblem) -> None:
    """Fail an agent step, unless its definition has a value for that; say what it found so far.

    Its proposals are withdrawn: a person has the whole of it.
    """
    row, step = context.steps[name], context.definition.step(name)
    for part in parts_of(context, name):
        if part.kind == ACT and part.status == "waiting":
            note = "The agent stopped before it had ended."
            move(part, "skipped", actor=SYSTEM, note=note, ended_at=clock.now())
    for number, plan in enumerate(step.head.on_failure, 1):
        if plan.value is not None:
            fallbacks.use_value(context, row, number, plan.value, problem)
            return
    done = (CALL, HANDOFF, RETRIEVE)
    ended = [part for part in parts_of(context, name) if part.status == "done"]
    found = [part.output or {} for part in ended if part.kind in done]
    unit_of_work.update(row, {"output": {"found": found, "text": _last_text(context, name)}})
    fail_step(row, problem)
    said = f"The agent stopped before it had ended. {problem}"
    raise_exception(context, name, caused_problem(problem, Cause.CODE, said))


def _last_text(context: Context, name: str) -> str:
    turn = last_turn(context, name)
    return str((turn.output or {}).get("text", "")) if turn is not None else ""
