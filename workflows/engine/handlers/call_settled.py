"""Writing what came of a call, and moving the run on, in one transaction."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from approvals.decisions import permits
from approvals.models import Proposal
from approvals.queries import case_to_perform
from audit import outbox
from audit.transitions import move
from audit.worker import concurrency
from tenants import clock
from tenants.actors import SYSTEM
from workflows import gateway
from workflows.definitions.on_failure import Retry
from workflows.engine.advance.advance import LOOK_AGAIN, advance
from workflows.engine.calls import fallbacks, journal, limits, outcomes, retry, tries
from workflows.engine.calls.outcomes import Answer
from workflows.engine.handlers import perform
from workflows.engine.review import approved
from workflows.engine.state import breakers
from workflows.engine.state.attempts import fail_step
from workflows.engine.state.context import Context, lock_context
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.failures import problem_from_error
from workflows.exceptions.causes import Cause, CausedProblem, caused_problem
from workflows.models import Call, StepRun
from workflows.steps import generate
from workflows.steps.results import AskModel


def owed_call(debt: outbox.Claim) -> outbox.Job | outbox.Postpone | None:
    """Handler of a call that is owed: the first time, or after a worker died.

    A claim that is not the first means the call may have been made. A model is
    asked again; a tool only if it takes a key, otherwise the effect is in doubt.
    """
    call = Call.objects.select_related("step").filter(pk=debt.object_id).first()
    if call is None or call.status != "intended":
        return None
    context = lock_context(call.run_id)
    if context is None:
        _lost(call, debt.fence)
        return None
    if context.is_stopped:
        return outbox.Postpone(LOOK_AGAIN)
    counted = limits.under(context.workflow, call.name if call.kind == "model" else "")
    if refusal := limits.refusal_of(counted, mine=debt.id):
        return outbox.Postpone(timedelta(milliseconds=100), refusal.limit_key)
    if held := breakers.hold(context.circuits, call.kind, call.name):
        return outbox.Postpone(held.until - clock.now())
    if call.kind == "tool" and (answer := _bar(context, call, debt.fence)):
        return _write(context, call, answer)
    if counted:
        debt = replace(debt, limits=counted)
        concurrency.occupy_capacity(debt)
    return journal.job_for(debt, context, call)


def _lost(call: Call, claims: int) -> None:
    """The run ended before this try. Its action ends too: not done, or nobody knows."""
    problem = "The run ended first."
    move(call, "lost", actor=SYSTEM, problem=problem)
    doubt = call.kind == "tool" and tries.may_have_acted(call, claims)
    approved.record_late(call, Answer(None, 0, problem=problem, doubt=doubt))


def _bar(context: Context, call: Call, claims: int) -> Answer | None:
    """Why a further try of an effect is not made: nobody knows of the last one, or the gate."""
    doubt = tries.may_have_acted(call, claims)
    if doubt and not _takes_key(call):
        return Answer(None, 0, problem="A worker stopped in the middle of it.", doubt=True)
    proposal_id = UUID(call.request["proposal"])
    case = case_to_perform(Proposal.objects.values_list("item_id", flat=True).get(pk=proposal_id))
    assert case is not None
    proposal = next(p for p in case.proposals if p.pk == proposal_id)
    why = permits.permit_objection(proposal, context.lane(proposal.step), case, context.house)
    return tries.barred(why, doubt=doubt) if why else None


def _takes_key(call: Call) -> bool:
    proposal = Proposal.objects.select_related("tool").get(pk=call.request["proposal"])
    return bool(proposal.tool.takes_key)


def settle_call(call: Call, answer: Answer, proposal: Proposal | None = None) -> outbox.Job | None:
    """Journal an answer. The debt was settled by the caller, so the fence held.

    ``call`` is as this worker wrote or read it: whoever holds the lease alone moves it on.
    """
    context = lock_context(call.run_id)
    if context is None:
        journal.journal(call, answer, "done" if answer.response is not None else "failed")
        approved.record_late(call, answer)
        return None
    return _write(context, call, answer, proposal)


def _write(
    context: Context, call: Call, answer: Answer, proposal: Proposal | None = None
) -> outbox.Job | None:
    step = context.steps[call.step.name] if call.step.item is None else call.step
    policy = context.definition.step(step.name).head.retry
    if answer.response is not None or answer.kind:
        breakers.note(
            context.circuits, call.kind, call.name, problem=answer.problem, how=answer.kind
        )
    if _again(call, answer, policy):
        journal.journal(call, answer, "in_doubt" if answer.doubt else "failed")
        priority = limits.priority_of(context, step)
        journal.try_again(call, step, policy, priority, wait=answer.wait)
        return None
    if call.kind == "tool":
        answer = tries.in_the_end(call, answer)
    status = "in_doubt" if answer.doubt else "failed" if answer.response is None else "done"
    journal.journal(call, answer, status)
    context.calls = [call if call.pk == known.pk else known for known in context.calls]
    if call.kind == "tool":
        return perform.after_effect(context, step, call, answer, proposal)
    return _model_answered(context, step, call, answer)


def _again(call: Call, answer: Answer, policy: Retry) -> bool:
    """Whether the call is made once more."""
    if answer.is_barred:
        return False
    if answer.doubt:
        # With the same key the tool acts once however often it is asked.
        return call.kind == "tool" and call.attempt < policy.attempts and _takes_key(call)
    return answer.response is None and retry.worth(policy, answer.kind, call.attempt)


def _model_answered(
    context: Context, step: StepRun, call: Call, answer: Answer
) -> outbox.Job | None:
    problem = answer.problem
    if answer.response is not None:
        if not problem:
            try:
                output = _read(context, step.name, answer.response["text"])
            except Exception as error:  # whatever an answer makes the reading raise
                problem = _unfit(context, step, call, answer.response, error)
            else:
                move(step, "done", actor=SYSTEM, output=output, ended_at=clock.now())
                return advance(context)
        policy = context.definition.step(step.name).head.retry
        if retry.worth(policy, answer.kind or "bad_answer", call.attempt):
            journal.try_again(call, step, policy, limits.priority_of(context, step))
            return None
    asked = AskModel(call.name, call.why, call.request)
    used, job = fallbacks.use_next(context, step, problem, asked)
    if not used:
        _given_up(context, step, problem)
    return job or advance(context)


def _unfit(
    context: Context, step: StepRun, call: Call, response: dict[str, Any], error: Exception
) -> CausedProblem:
    """Why an answer can't be used, in words: what cut it off, where something did."""
    said = problem_from_error(error, f"the answer to step {step.name} of run {context.run.pk}")
    finish = response.get("finish", "")
    cut = gateway.why_cut(finish, call.request["max_tokens"])
    return CausedProblem(cut, outcomes.CUT[finish]) if cut else said


def _given_up(context: Context, step: StepRun, problem: str) -> None:
    fail_step(step, problem)
    if step.item is None:  # an item's failure is its step's, once no other item is under way
        said = f"The draft could not be written. {problem}"
        raise_exception(context, step.name, caused_problem(problem, Cause.CODE, said))


def _read(context: Context, name: str, text: str) -> dict[str, Any]:
    settings: generate.Settings = context.definition.step(name).settings
    found = context.output(settings.cite).get("found", []) if settings.cite else []
    return generate.read(text, generate.schema_of(settings, context.definition), found)
