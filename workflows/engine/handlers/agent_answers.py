"""Answers in an agent step: a turn of its model, or a call of a tool that reads."""

from typing import Any

from audit import outbox
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from workflows import gateway
from workflows.definitions.definition import step_of_part
from workflows.engine.advance.advance import advance
from workflows.engine.agents import loop
from workflows.engine.agents.conversation import answer_text
from workflows.engine.agents.tools import listed_tools
from workflows.engine.agents.turn_calls import read_objection
from workflows.engine.calls import outcomes
from workflows.engine.calls.outcomes import Answer
from workflows.engine.calls.tries import barred_answer
from workflows.engine.state.context import Context
from workflows.exceptions.causes import CausedProblem
from workflows.models import Call, StepRun
from workflows.steps import agent


def turn_problem(call: Call, response: dict[str, Any]) -> str:
    """Return why a turn can't be used; empty where it can."""
    finish = response.get("finish", "")
    said = gateway.cut_reason(finish, call.request["max_tokens"])
    return CausedProblem(said, outcomes.CUT_CAUSES[finish]) if said else ""


def take_turn(context: Context, turn: StepRun, response: dict[str, Any]) -> outbox.Job | None:
    """Begin the calls that a turn asks for, or end the step with its last answer.

    Returns the next call that this worker makes, if any.
    """
    name = step_of_part(turn.name)
    output = {"text": response["text"], "untaken": list(response.get("tool_calls", ()))}
    move(turn, "done", actor=SYSTEM, output=output, ended_at=clock.now())
    if context.is_stopped:  # every call would be refused: they are taken once that is released
        return advance(context)
    job = loop.take_answer(context, context.definition.step(name), turn, own=True)
    return job or advance(context)


def fail_turn(context: Context, turn: StepRun, problem: CausedProblem) -> None:
    """Fail a turn that no model answered, and its step with it."""
    move(turn, "failed", actor=SYSTEM, note=problem, ended_at=clock.now())
    loop.fail(context, step_of_part(turn.name), problem)


def store_read(context: Context, part: StepRun, call: Call, answer: Answer) -> outbox.Job | None:
    """Keep the answer of a call that reads, or its failure, for the model; go on with the step."""
    if part.status == "running":  # else the step has failed meanwhile
        step = context.definition.step(step_of_part(part.name))
        settings: agent.Settings = step.settings
        if answer.response is not None:
            more = {"said": answer_text(answer.response, settings.caps.answer)}
        else:
            more = {"failed": str(answer.problem)}
        output = {**(part.output or {}), **more}
        move(part, "done", actor=SYSTEM, output=output, ended_at=clock.now())
    return advance(context)


def refuse_read(context: Context, call: Call) -> Answer | None:
    """Return the answer of a call that reads and may not be made now; None where it may."""
    step = context.definition.step(step_of_part(call.step.name))
    found = listed_tools(step).get(call.name)
    if found is None:
        return barred_answer(f"There is no tool called {call.name} any more.", doubt=False)
    why = read_objection(context, found, call.request["args"])
    return barred_answer(why, doubt=False) if why else None
