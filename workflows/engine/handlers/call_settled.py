"""Calls of a run: prepare a journaled call, store its answer, advance the run.

The answer is stored and the run advanced in one transaction.
"""

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
from tenants.db import unit_of_work
from workflows import gateway
from workflows.budgets.refusals import BudgetRefusal
from workflows.definitions.on_failure import Retry
from workflows.engine.advance.advance import RECHECK_AFTER, advance
from workflows.engine.calls import (
    budgeting,
    fallbacks,
    journal,
    kept_answers,
    limits,
    outcomes,
    retry,
    routes,
    tries,
)
from workflows.engine.calls.outcomes import Answer
from workflows.engine.calls.routes import LeftFor
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


def make_call(claim: outbox.Claim) -> outbox.Job | outbox.Postpone | None:
    """Handler of ``call.make``: return the job of a journaled call.

    A claim that is not the first means that the call may have been made. A model is asked again;
    a tool only if it takes an idempotency key, otherwise the effect is in doubt. The call waits
    while its run is stopped, a limit is reached or its circuit is open.
    """
    call = Call.objects.select_related("step").filter(pk=claim.object_id).first()
    if call is None or call.status != "intended":
        return None  # an earlier claim has stored the answer
    context = lock_context(call.run_id)
    if context is None:
        _lose_call(call, claim.fence)
        return None
    if context.is_stopped:
        return outbox.Postpone(RECHECK_AFTER)
    if call.kind == "model" and (objection := routes.call_objection(context, call)):
        said = CausedProblem(f"{call.name} may not be asked: {objection}.", Cause.MODEL_SETUP)
        return _store_and_advance(context, call, Answer(None, 0, problem=said))
    counted = limits.limits_of_call(context.workflow, call.name if call.kind == "model" else "")
    if refusal := limits.refusal_of(counted, row_id=claim.id):
        return outbox.Postpone(timedelta(milliseconds=100), refusal.limit_key)
    if call.kind == "model" and (beyond := budgeting.reserve_claimed(context, call, claim.fence)):
        return _follow_refusal(context, call, beyond, claim.fence)
    if delay := _delay_of_call(context, call):
        if call.kind == "model" and routes.awake_candidate(context, call, LeftFor.RESTING):
            held = Answer(None, 0, problem=delay.why, is_held=True)
            return _store_and_advance(context, call, held)
        return outbox.Postpone(delay.until - clock.now())
    if call.kind == "tool" and (answer := _retry_objection(context, call, claim.fence)):
        return _store_and_advance(context, call, answer)
    # The last check: capacity is taken only by a call that is made now.
    if counted:
        claim = replace(claim, limits=counted)
        concurrency.occupy_capacity(claim)
    return journal.job_for(claim, context, call)


def _delay_of_call(context: Context, call: Call) -> breakers.CallDelay | None:
    """Return the delay of a claimed call by its circuit; None where it may be made now."""
    policy = context.definition.step(call.step.name).head.retry
    # As a probe the last try of a call may fail its step, while others have tries left.
    is_last = call.kind == "model" and 1 < call.attempt >= policy.attempts
    return breakers.admit_call(context.circuits, call.kind, call.name, yields=is_last)


def _follow_refusal(
    context: Context, call: Call, refusal: BudgetRefusal, claims: int
) -> outbox.Job | outbox.Postpone | None:
    """Let a call that a budget refuses wait, or fail it without making it."""
    problem = refusal.problem(call.name)
    if wait := budgeting.wait_for_budget(context, refusal):
        unit_of_work.update(call, {"problem": problem})
        return outbox.Postpone(wait)
    # A worker that stopped in the middle may have made it.
    cost = None if claims > 1 else 0
    answer = Answer(None, 0, problem=problem, cost_micros=cost, refusal=refusal)
    return _store_and_advance(context, call, answer)


def _lose_call(call: Call, claims: int) -> None:
    """Move a call whose run has ended to lost, and its action to failed or in doubt."""
    problem = "The run ended first."
    # A worker that stopped in the middle may have made it, so what it cost is not known.
    cost = None if call.kind == "model" and claims > 1 else call.cost_micros
    move(call, "lost", actor=SYSTEM, problem=problem, cost_micros=cost)
    doubt = call.kind == "tool" and tries.may_have_acted(call, claims)
    approved.record_late_answer(call, Answer(None, 0, problem=problem, doubt=doubt))


def _retry_objection(context: Context, call: Call, claims: int) -> Answer | None:
    """Return the answer of a tool call that may not be tried: in doubt, or refused by the gate."""
    doubt = tries.may_have_acted(call, claims)
    if doubt and not _takes_key(call):
        return Answer(None, 0, problem="A worker stopped in the middle of it.", doubt=True)
    proposal_id = UUID(call.request["proposal"])
    case = case_to_perform(Proposal.objects.values_list("item_id", flat=True).get(pk=proposal_id))
    assert case is not None
    proposal = next(p for p in case.proposals if p.pk == proposal_id)
    why = permits.permit_objection(
        proposal, context.workflow_gate(proposal.step), case, context.gate_context
    )
    return tries.barred_answer(why, doubt=doubt) if why else None


def _takes_key(call: Call) -> bool:
    proposal = Proposal.objects.select_related("tool").get(pk=call.request["proposal"])
    return bool(proposal.tool.takes_key)


def store_answer(call: Call, answer: Answer, proposal: Proposal | None = None) -> outbox.Job | None:
    """Journal a call's answer, advance its run, and return the next call to make.

    The caller has deleted the claimed row under its fence. ``call`` may be as this worker read it
    before, because only the holder of the lease changes it.
    """
    context = lock_context(call.run_id)
    if context is None:
        journal.journal(call, answer, "done" if answer.response is not None else "failed")
        approved.record_late_answer(call, answer)
        return None
    return _store_and_advance(context, call, answer, proposal)


def _store_and_advance(
    context: Context, call: Call, answer: Answer, proposal: Proposal | None = None
) -> outbox.Job | None:
    step = context.steps[call.step.name] if call.step.item is None else call.step
    policy = context.definition.step(step.name).head.retry
    # Neither response nor kind: the call was not made or broke on our side, which says nothing
    # about the other side.
    if answer.response is not None or answer.kind:
        breakers.record_result(
            context.circuits,
            call.kind,
            call.name,
            problem=answer.problem,
            how=answer.kind,
            wait=answer.wait,
        )
    if _should_try_again(call, answer, policy) and not _may_ask_another(context, call):
        journal.journal(call, answer, "in_doubt" if answer.doubt else "failed")
        priority = limits.priority_of(context, step)
        journal.try_again(call, step, policy, priority, wait=answer.wait)
        return None
    if call.kind == "tool":
        answer = tries.final_answer(call, answer)
    status = "in_doubt" if answer.doubt else "failed" if answer.response is None else "done"
    journal.journal(call, answer, status)
    # Items that are submitted below gather their evidence from these.
    context.calls = [call if call.pk == known.pk else known for known in context.calls]
    if call.kind == "tool":
        return perform.store_effect(context, step, call, answer, proposal)
    return _take_model_answer(context, step, call, answer)


def _should_try_again(call: Call, answer: Answer, policy: Retry) -> bool:
    """Whether the call is tried once more."""
    if answer.is_barred:
        return False
    if answer.doubt:
        # With the same key the tool acts once however often it is asked.
        return call.kind == "tool" and call.attempt < policy.attempts and _takes_key(call)
    return answer.response is None and retry.should_retry(policy, answer.kind, call.attempt)


def _may_ask_another(context: Context, call: Call) -> bool:
    """Whether another model may be asked at once instead of waiting for this one's next try."""
    return call.kind == "model" and routes.awake_candidate(context, call, LeftFor.FAILED)


def _take_model_answer(
    context: Context, step: StepRun, call: Call, answer: Answer
) -> outbox.Job | None:
    problem = answer.problem
    if answer.response is not None:
        if not problem:
            try:
                output = _parse_answer(context, step.name, answer.response["text"])
            except Exception as error:  # whatever an answer makes the reading raise
                problem = _problem_with_answer(context, step, call, answer.response, error)
            else:
                kept_answers.keep_answer(context, call, answer.response)
                move(step, "done", actor=SYSTEM, output=output, ended_at=clock.now())
                return advance(context)
        policy = context.definition.step(step.name).head.retry
        if retry.should_retry(policy, answer.kind or "bad_answer", call.attempt):
            journal.try_again(call, step, policy, limits.priority_of(context, step))
            return None
    used, job = False, None
    if answer.refusal is None or budgeting.may_downgrade(call, answer.refusal):
        used, job = fallbacks.ask_next_candidate(context, step, call, problem, _left_for(answer))
    if not used:
        question = AskModel(call.name, call.why, call.request)
        asked = fallbacks.models_asked(call)
        used, job = fallbacks.use_next(context, step, problem, question, asked=asked)
    if not used:
        _fail_writing(context, step, problem)
    return job or advance(context)


def _left_for(answer: Answer) -> LeftFor:
    if answer.refusal is not None:
        return LeftFor.TOO_DEAR
    return LeftFor.RESTING if answer.is_held else LeftFor.FAILED


def _problem_with_answer(
    context: Context, step: StepRun, call: Call, response: dict[str, Any], error: Exception
) -> CausedProblem:
    """Return why a model's answer can't be used: what cut it off, or the error of reading it."""
    said = problem_from_error(error, f"the answer to step {step.name} of run {context.run.pk}")
    finish = response.get("finish", "")
    cut = gateway.cut_reason(finish, call.request["max_tokens"])
    return CausedProblem(cut, outcomes.CUT_CAUSES[finish]) if cut else said


def _fail_writing(context: Context, step: StepRun, problem: str) -> None:
    fail_step(step, problem)
    if step.item is None:  # an item's failure is its step's, once no other item is under way
        said = f"The draft could not be written. {problem}"
        raise_exception(context, step.name, caused_problem(problem, Cause.CODE, said))


def _parse_answer(context: Context, name: str, text: str) -> dict[str, Any]:
    settings: generate.Settings = context.definition.step(name).settings
    found = context.output(settings.cite).get("found", []) if settings.cite else []
    return generate.read(text, generate.schema_of(settings, context.definition), found)
