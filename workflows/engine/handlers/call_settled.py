"""Calls of a run: prepare a journaled call, store its answer, advance the run.

The answer is stored and the run advanced in one transaction.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from approvals.decisions import permits
from approvals.models import Proposal, Tool
from approvals.queries import case_to_perform
from audit import outbox
from audit.transitions import move
from audit.worker import concurrency
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from workflows.budgets.refusals import BudgetRefusal
from workflows.definitions.on_failure import Retry
from workflows.engine.advance.advance import RECHECK_AFTER
from workflows.engine.calls import (
    budgeting,
    escalations,
    fallbacks,
    journal,
    limits,
    retry,
    routes,
    tries,
)
from workflows.engine.calls.outcomes import Answer
from workflows.engine.calls.routes import LeftFor
from workflows.engine.handlers import agent_answers, perform, questions
from workflows.engine.handlers.model_answered import failed_escalation, take_model_answer
from workflows.engine.review import approved
from workflows.engine.state import breakers
from workflows.engine.state.context import Context, lock_context
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.mcp.looks import look_after_change
from workflows.models import Call, StepRun
from workflows.oauth.renewing import RENEWED, delay_before_call, renew_refused


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
    found = _job_or_wait(claim, context, call)
    if isinstance(found, outbox.Postpone):
        # Others would wait for what it keeps, and ask for it again and again.
        budgeting.release_postponed(call, claim.fence)
    return found


def _job_or_wait(
    claim: outbox.Claim, context: Context, call: Call
) -> outbox.Job | outbox.Postpone | None:
    """Return the job of a claimed call, the wait before it, or None where it is not made."""
    if context.is_stopped:
        return outbox.Postpone(RECHECK_AFTER)
    unmade = budgeting.cost_unmade(claim.fence)
    if call.kind == "model" and (objection := routes.call_objection(context, call)):
        said = CausedProblem(f"{call.name} may not be asked: {objection}.", Cause.MODEL_SETUP)
        return _store_and_advance(context, call, Answer(None, 0, problem=said, cost_micros=unmade))
    if job := journal.answered_job(claim, context, call):
        return job
    is_tool = call.kind == "tool" and not context.run.is_sealed  # a sealed one needs no token
    if is_tool and (wait := delay_before_call(Tool.objects.get(name=call.name))):
        return outbox.Postpone(wait)
    counted = limits.limits_of_call(context, call.name if call.kind == "model" else "")
    if refusal := limits.refusal_of(counted, row_id=claim.id):
        return outbox.Postpone(timedelta(milliseconds=100), refusal.limit_key)
    if delay := _delay_of_call(context, call):
        if call.kind == "model" and _need_not_wait(context, call):
            held = Answer(None, 0, problem=delay.why, is_held=True, cost_micros=unmade)
            return _store_and_advance(context, call, held)
        return outbox.Postpone(delay.until - clock.now())
    # After the circuit, so that no call that waits keeps a budget from others.
    if call.kind == "model" and (beyond := budgeting.reserve_claimed(context, call, claim.fence)):
        breakers.return_probe(context.circuits, call.kind, call.name)
        return _follow_refusal(context, call, beyond, claim.fence)
    if call.kind == "tool" and (answer := _try_objection(context, call, claim.fence)):
        breakers.return_probe(context.circuits, call.kind, call.name)
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


def _need_not_wait(context: Context, call: Call) -> bool:
    """Whether a model call whose circuit is open has an answer, or another model that gives one."""
    if escalations.former_call(call) is not None:
        return True
    row = _live_step(context, call)
    return routes.awake_candidate(context, call, LeftFor.RESTING) or fallbacks.awake_plan(
        context, row, call
    )


def _follow_refusal(
    context: Context, call: Call, refusal: BudgetRefusal, claims: int
) -> outbox.Job | outbox.Postpone | None:
    """Let a call that a budget refuses wait, or fail it without making it."""
    problem = refusal.problem(call.name)
    wait = budgeting.wait_for_budget(context, refusal)
    if wait and escalations.former_call(call) is None:
        unit_of_work.update(call, {"problem": problem})
        return outbox.Postpone(wait)
    cost = budgeting.cost_unmade(claims)
    answer = Answer(None, 0, problem=problem, cost_micros=cost, refusal=refusal)
    return _store_and_advance(context, call, answer)


def _lose_call(call: Call, claims: int) -> None:
    """Move a call whose run has ended to lost, and its action to failed or in doubt."""
    problem = "The run ended first."
    cost = budgeting.cost_unmade(claims) if call.kind == "model" else call.cost_micros
    move(call, "lost", actor=SYSTEM, problem=problem, cost_micros=cost)
    doubt = call.kind == "tool" and tries.may_have_acted(call, claims)
    approved.record_late_answer(call, Answer(None, 0, problem=problem, doubt=doubt))


def _try_objection(context: Context, call: Call, claims: int) -> Answer | None:
    """Return the answer of a tool call that may not be made now; None where it may."""
    if journal.is_read(call):
        return agent_answers.refuse_read(context, call)
    return _retry_objection(context, call, claims)


def _retry_objection(context: Context, call: Call, claims: int) -> Answer | None:
    """Return the answer of a tool call that may not be tried: in doubt, or refused by the gate."""
    doubt = tries.may_have_acted(call, claims)
    if doubt and not _takes_key(call):
        return Answer(None, 0, problem="A worker stopped in the middle of it.", doubt=True)
    if context.run.is_sealed:
        return None  # it has no permit, and is not made
    proposal_id = UUID(call.request["proposal"])
    case = case_to_perform(Proposal.objects.values_list("item_id", flat=True).get(pk=proposal_id))
    assert case is not None
    proposal = next(p for p in case.proposals if p.pk == proposal_id)
    why = permits.permit_objection(
        proposal, context.workflow_gate(proposal.step), case, context.gate_context
    )
    return tries.barred_answer(why, doubt=doubt) if why else None


def _takes_key(call: Call) -> bool:
    """Whether a tool call may be made twice, as its tool acts once for a key, or only reads."""
    if journal.is_read(call):
        return True
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
    step = _live_step(context, call)
    policy = context.definition.step(step.name).head.retry
    # Neither response nor kind: the call was not made or broke on our side, which says nothing
    # about the other side. Nor does an answer that was kept, or one of a sealed run.
    is_telling = call.reused_from is None and not context.run.is_sealed
    if (answer.response is not None or answer.kind) and is_telling:
        breakers.record_result(
            context.circuits,
            call.kind,
            call.name,
            problem=answer.problem,
            how=answer.kind,
            wait=answer.wait,
        )
    if answer.asked is not None:
        return questions.ask_person(context, step, call, answer)
    is_read = journal.is_read(call)
    doubt = answer.doubt and not is_read  # what only reads did no harm
    if call.kind == "tool" and renew_refused(call, answer.problem):
        journal.journal(call, answer, "failed")
        priority = limits.priority_of(context, step)
        journal.try_again(call, step, policy, priority, more={RENEWED: True})
        return None
    if _should_try_again(call, answer, policy) and not _may_ask_another(
        context, call, answer.wait > policy.most
    ):
        journal.journal(call, answer, "in_doubt" if doubt else "failed")
        priority = limits.priority_of(context, step)
        journal.try_again(call, step, policy, priority, wait=answer.wait)
        return None
    if call.kind == "tool" and not is_read:
        answer = tries.final_answer(call, answer)
    answer = failed_escalation(context, step, call, answer)
    is_failed = answer.response is None or bool(answer.problem and escalations.former_call(call))
    doubt = answer.doubt and not is_read
    status = "in_doubt" if doubt else "failed" if is_failed else "done"
    journal.journal(call, answer, status)
    look_after_change(call.kind, call.name, answer.problem)
    # Items that are submitted below gather their evidence from these.
    context.calls = [call if call.pk == known.pk else known for known in context.calls]
    if is_read:
        return agent_answers.store_read(context, step, call, answer)
    if call.kind == "tool":
        return perform.store_effect(context, step, call, answer, proposal)
    return take_model_answer(context, step, call, answer)


def _should_try_again(call: Call, answer: Answer, policy: Retry) -> bool:
    """Whether the call is tried once more."""
    if answer.is_barred:
        return False
    if answer.doubt:
        # With the same key the tool acts once however often it is asked.
        return call.kind == "tool" and call.attempt < policy.attempts and _takes_key(call)
    return answer.response is None and retry.should_retry(policy, answer.kind, call.attempt)


def _live_step(context: Context, call: Call) -> StepRun:
    """Return a call's step as the context has it; items of a list are not in the context."""
    return context.steps[call.step.name] if call.step.item is None else call.step


def _may_ask_another(context: Context, call: Call, is_long: bool) -> bool:
    """Whether a step may go on at once instead of waiting for the next try of its model call.

    ``is_long``: the wait is longer than its definition lets it wait for a try.
    """
    if call.kind != "model":
        return False
    if escalations.former_call(call) is not None:
        return True
    if routes.awake_candidate(context, call, LeftFor.FAILED):
        return True
    return is_long and fallbacks.awake_plan(context, _live_step(context, call), call)
