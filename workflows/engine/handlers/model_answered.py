"""Answer of a model: it becomes its step's output, or another question follows it.

What does not fit is repaired once, then a stronger model is asked once, then the next of the row;
after these the definition's fallbacks, and at last a person.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from audit import outbox
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from tenants.errors import Invalid
from workflows import gateway
from workflows.engine.advance.advance import advance
from workflows.engine.agents.parts import TURN
from workflows.engine.calls import (
    budgeting,
    escalations,
    fallbacks,
    journal,
    kept_answers,
    limits,
    outcomes,
    repairs,
    retry,
    routes,
)
from workflows.engine.calls.outcomes import Answer
from workflows.engine.calls.routes import LeftFor
from workflows.engine.handlers import agent_answers
from workflows.engine.state.attempts import fail_step
from workflows.engine.state.context import Context
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.failures import problem_from_error
from workflows.exceptions.causes import Cause, CausedProblem, caused_problem
from workflows.gateway import json_text
from workflows.models import Call, StepRun
from workflows.steps import generate
from workflows.steps.results import AskModel


class UnfitAnswer(CausedProblem):
    """Problem of an answer that does not fit its schema, so that its model may repair it."""


def failed_escalation(context: Context, step: StepRun, call: Call, answer: Answer) -> Answer:
    """Return an answer with its problem where it is one for which there is a former answer.

    To be journaled as failed: evidence names the model of the last call that did not fail.
    """
    if escalations.former_call(call) is None or answer.response is None or answer.problem:
        return answer
    return replace(answer, problem=_read_answer(context, step, call, answer.response)[1])


def take_model_answer(
    context: Context, step: StepRun, call: Call, answer: Answer
) -> outbox.Job | None:
    """Finish a step with a model's answer, or ask again, or fail the step.

    Returns the next call that this worker makes, if any.
    """
    problem = answer.problem
    if step.kind == TURN and answer.response is not None and not problem:
        problem = agent_answers.turn_problem(call, answer.response)
        if not problem:
            return agent_answers.take_turn(context, step, answer.response)
    elif answer.response is not None and not problem:
        output, problem = _read_answer(context, step, call, answer.response)
        if output is not None:
            return _take_output(context, step, call, output, answer.response)
    if former_id := escalations.former_call(call):
        return _use_former_answer(context, step, former_id)
    if answer.response is not None:
        if isinstance(problem, UnfitAnswer) and (request := _repair(context, step, call, answer)):
            question = AskModel(call.name, repairs.WHY, request, choice=call.choice)
            own, attempt = not context.is_stopped, call.attempt + 1
            return journal.journal_question(context, step, question, own=own, attempt=attempt)
        policy = context.definition.step(step.name).head.retry
        if retry.should_retry(policy, answer.kind or "bad_answer", call.attempt):
            journal.try_again(call, step, policy, limits.priority_of(context, step))
            return None
    return _go_on_without(context, step, call, answer, problem)


def _read_answer(
    context: Context, step: StepRun, call: Call, response: dict[str, Any]
) -> tuple[dict[str, Any] | None, str]:
    """Return the output in a model's answer, or None with the reason why it can't be used."""
    finish, text = response.get("finish", ""), response["text"]
    cut = gateway.cut_reason(finish, call.request["max_tokens"])
    try:
        if cut:
            # No words around it: an object that is found in a cut text may not be all of it.
            json_text.parse_object(text)
        return _parse_answer(context, step.name, text), ""
    except Exception as error:  # whatever an answer makes the reading raise
        if cut:
            return None, CausedProblem(cut, outcomes.CUT_CAUSES[finish])
        said = problem_from_error(error, f"the answer to step {step.name} of run {context.run.pk}")
        if isinstance(error, Invalid) and error.code == "bad_answer":
            return None, UnfitAnswer(str(said), said.cause, said.field, said.details)
        return None, said


def _take_output(
    context: Context,
    step: StepRun,
    call: Call,
    output: dict[str, Any],
    response: dict[str, Any],
) -> outbox.Job | None:
    """Finish a step with its output, unless a stronger model is asked for a supported one."""
    unsupported = generate.unsupported_sentences(output)
    used, job = escalations.escalate_unsupported(context, step, call, unsupported)
    if used:
        return job or advance(context)
    kept_answers.keep_answer(context, call, response)
    move(step, "done", actor=SYSTEM, output=output, ended_at=clock.now())
    return advance(context)


def _use_former_answer(context: Context, step: StepRun, former_id: UUID) -> outbox.Job | None:
    """Finish a step with the answer for which a stronger model was asked in vain."""
    former = Call.objects.get(pk=former_id)
    output = _parse_answer(context, step.name, former.response["text"])
    move(step, "done", actor=SYSTEM, output=output, ended_at=clock.now())
    return advance(context)


def _repair(context: Context, step: StepRun, call: Call, answer: Answer) -> dict[str, Any] | None:
    """Return the request that has a model repair its answer; None where it may not be asked so."""
    policy = context.definition.step(step.name).head.retry
    assert answer.response is not None
    text = answer.response["text"]
    if not repairs.may_repair(call.request, policy, call.attempt):
        return None
    problems = generate.answer_problems(text, call.request["schema"])
    request = repairs.repair_request(call.request, text, problems)
    return request if routes.has_room(context, call, request) else None


def _go_on_without(
    context: Context, step: StepRun, call: Call, answer: Answer, problem: str
) -> outbox.Job | None:
    """Ask another model what a model gave no usable answer to; else fall back, or fail the step."""
    is_unfit = isinstance(problem, UnfitAnswer)
    used, job = False, None
    if is_unfit:
        used, job = escalations.escalate_unfit(context, step, call, problem)
    is_allowed = answer.refusal is None or budgeting.may_downgrade(call, answer.refusal)
    if not used and is_allowed and not (is_unfit and escalations.is_escalated(call)):
        used, job = fallbacks.ask_next_candidate(context, step, call, problem, _left_for(answer))
    if not used:
        question, asked = routes.question_of(call), fallbacks.models_asked(call)
        if not is_allowed:
            # Beyond a budget a definition's other models are left out too, its values are not.
            asked += fallbacks.models_named(context, step)
        used, job = fallbacks.use_next(context, step, problem, question, asked=asked)
    if not used:
        _fail_writing(context, step, problem)
    return job or advance(context)


def _left_for(answer: Answer) -> LeftFor:
    if answer.refusal is not None:
        return LeftFor.TOO_DEAR
    return LeftFor.RESTING if answer.is_held else LeftFor.FAILED


def _fail_writing(context: Context, step: StepRun, problem: str) -> None:
    if step.kind == TURN:
        agent_answers.fail_turn(context, step, caused_problem(problem, Cause.CODE))
        return
    fail_step(step, problem)
    if step.item is None:  # an item's failure is its step's, once no other item is under way
        said = f"The draft could not be written. {problem}"
        raise_exception(context, step.name, caused_problem(problem, Cause.CODE, said))


def _parse_answer(context: Context, name: str, text: str) -> dict[str, Any]:
    settings: generate.Settings = context.definition.step(name).settings
    found = context.output(settings.cite).get("found", []) if settings.cite else []
    return generate.read(text, generate.schema_of(settings, context.definition), found)
