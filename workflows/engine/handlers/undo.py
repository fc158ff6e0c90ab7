"""Undo of executed actions: each is checked, permitted and called, the last one first.

The run may be over; an undo moves none of its steps. A failure half-way stops the rest.
"""

import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from approvals.decisions import permits, undo
from approvals.gate import undo_declaration
from approvals.models import Proposal, Tool
from approvals.queries import Case, case_to_perform
from approvals.rules.phrases import titled
from audit import outbox
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from tenants.errors import DomainError
from workflows.definitions.on_failure import Retry
from workflows.engine.advance.advance import RECHECK_AFTER
from workflows.engine.calls import jobs, journal, retry, tries
from workflows.engine.calls.outcomes import Answer
from workflows.engine.handlers import undo_outcomes
from workflows.engine.handlers.undo_objections import (
    check_tool,
    undo_call_objection,
    undo_check_objection,
)
from workflows.engine.state.context import Context, read_context
from workflows.engine.state.failures import problem_of_refusal
from workflows.exceptions.causes import Cause, CausedProblem, caused_problem
from workflows.models import Call, StepRun
from workflows.oauth.renewing import RENEWED, delay_before_call, renew_refused

CALL = "undo.call"
RETRY_POLICY = Retry()


def undo_item(claim: outbox.Claim) -> outbox.Job | None:
    """Handler of ``item.undo``: begin the next action of an undo."""
    case = case_to_perform(claim.object_id)
    return _begin_next(case) if case else None


def _begin_next(case: Case) -> outbox.Job | None:
    """Begin the next action of an undo: its declared check, or else the action itself."""
    proposal = next((p for p in case.proposals if p.status == "approved"), None)
    if proposal is None:
        return None
    # Not locked: an undo moves no step, and the run may be over.
    context = read_context(case.item.run_id)
    if context.run.paused_at:
        _enqueue_later(case.item.pk)
        return None
    act = undo_outcomes.undone_action(proposal)
    if act.tool.undo_check:
        return _check(context, case, proposal, act)
    return _redeem(context, case, proposal, act)


def _enqueue_later(item_id: UUID) -> None:
    outbox.enqueue(
        undo.TOPIC,
        item_id,
        due_at=clock.now() + RECHECK_AFTER,
        priority=outbox.Priority.INTERACTIVE,
    )


def _check(context: Context, case: Case, proposal: Proposal, act: Proposal) -> outbox.Job | None:
    """Call the tool that checks before an undo whether it may be done.

    A reading call needs no permit, but the gate is asked all the same.
    """
    try:
        args = undo_declaration.check_arguments(act)
        tool = check_tool(act)
    except DomainError as error:
        undo_outcomes.stop_undo(context, proposal, "refused", problem_of_refusal(error))
        return None
    if why := undo_call_objection(context, case, proposal, act) or undo_check_objection(
        context, case, tool, args
    ):
        undo_outcomes.stop_undo(context, proposal, "refused", why)
        return None
    request = {"proposal": str(proposal.pk), "tool": tool.name, "args": args, "check": True}
    return _call(context, proposal, act, tool, request, key=f"hr-check-{proposal.pk}")


def _redeem(context: Context, case: Case, proposal: Proposal, act: Proposal) -> outbox.Job | None:
    if why := undo_call_objection(context, case, proposal, act):
        undo_outcomes.stop_undo(context, proposal, "refused", why)
        return None
    if refusal := permits.redeem(
        proposal, context.workflow_gate(act.step), case, context.gate_context
    ):
        undo_outcomes.stop_undo(context, proposal, "", refusal)
        return None
    request = {"proposal": str(proposal.pk), "tool": proposal.tool_name, "args": proposal.args}
    return _call(context, proposal, act, proposal.tool, request, key=f"hr-{proposal.pk}")


def _call(
    context: Context,
    proposal: Proposal,
    act: Proposal,
    tool: Tool,
    request: dict[str, Any],
    *,
    key: str,
) -> outbox.Job | None:
    """Journal a call of an undo under the step that acted, and return its job.

    None where it waits for its token.
    """
    rows = StepRun.objects.filter(run_id=act.run_id, name=act.step, item=None)
    row = rows.order_by("-id")[0]
    # The step's own calls count too: the attempt is unique for a step (``call_attempt``).
    attempt = Call.objects.filter(run_id=row.run_id, step=row).count() + 1
    call = journal.intend(row, "tool", tool.name, request, key=key, attempt=attempt)
    if wait := delay_before_call(tool):
        due, first = clock.now() + wait, outbox.Priority.INTERACTIVE
        outbox.enqueue(CALL, call.pk, due_at=due, priority=first)
        return None
    return _job(outbox.enqueue_claimed(CALL, call.pk), context, call, proposal, tool)


def _job(
    claim: outbox.Claim, context: Context, call: Call, proposal: Proposal, tool: Tool
) -> outbox.Job:
    try:
        request = journal.tool_request(context, call, tool, call.request["args"])
    except DomainError as error:
        return FailedUndoJob(claim, call, Answer(None, 0, problem=problem_of_refusal(error)))
    return UndoJob(claim, call, request, proposal)


@dataclass(frozen=True, slots=True)
class UndoJob(jobs.ToolJob):
    """Job of one call of an undo."""

    def store_result(self, outcome: object) -> outbox.Job | None:
        """Journal the result and begin the undo's next action."""
        assert isinstance(outcome, Answer)
        return write_undo_answer(self.call, outcome)


@dataclass(frozen=True, slots=True)
class FailedUndoJob(jobs.AnsweredJob):
    """Job of an undo's call that can't be made."""

    def store_result(self, outcome: object) -> outbox.Job | None:
        """Journal that the call was not made, and stop the undo."""
        assert isinstance(outcome, Answer)
        return write_undo_answer(self.call, outcome)


def make_undo_call(claim: outbox.Claim) -> outbox.Job | outbox.Postpone | None:
    """Handler of ``undo.call``: return the job of an undo's journaled call.

    It runs for a further try, and where a worker stopped in the middle of one.
    """
    call = Call.objects.select_related("step").filter(pk=claim.object_id).first()
    if call is None or call.status != "intended":
        return None
    proposal = _proposal(call)
    if proposal.undoes_id is None:  # the undo stopped while the job of its call was parked
        move(call, "lost", actor=SYSTEM, problem="The undo stopped first.")
        return None
    context = read_context(call.run_id)
    if context.is_stopped:
        return outbox.Postpone(RECHECK_AFTER)
    tool = Tool.objects.get(name=call.request["tool"])
    if wait := delay_before_call(tool):
        return outbox.Postpone(wait)
    # A check only reads, so another try of it does no harm.
    doubt = tool.effect == "write" and tries.may_have_acted(call, claim.fence)
    if doubt and not tool.takes_key:
        return write_undo_answer(
            call, Answer(None, 0, "A worker stopped in the middle of it.", doubt=True)
        )
    if why := _try_objection(context, call, proposal, tool):
        return write_undo_answer(call, tries.barred_answer(why, doubt=doubt))
    return _job(claim, context, call, proposal, tool)


def _try_objection(context: Context, call: Call, proposal: Proposal, tool: Tool) -> str:
    case, act = case_to_perform(proposal.item_id), undo_outcomes.undone_action(proposal)
    assert case is not None
    same = next(p for p in case.proposals if p.pk == proposal.pk)
    why = undo_call_objection(context, case, same, act)
    if not why and call.request.get("check"):
        return undo_check_objection(context, case, tool, call.request["args"])
    return why


def write_undo_answer(call: Call, answer: Answer) -> outbox.Job | None:
    """Store the answer of an undo's call, and return the next call to make.

    A failed or doubtful call is tried again where its retry policy and its key allow it.
    """
    proposal, context = _proposal(call), read_context(call.run_id)
    made = Call.objects.filter(run_id=call.run_id, step_id=call.step_id, key=call.key).count()
    if renew_refused(call, answer.problem):
        journal.journal(call, answer, "failed")
        _enqueue_retry(call, made, answer.wait, more={RENEWED: True})
        return None
    if _should_try_again(call, proposal, answer, made):
        journal.journal(call, answer, "in_doubt" if answer.doubt else "failed")
        _enqueue_retry(call, made, answer.wait)
        return None
    if not call.request.get("check"):
        answer = tries.final_answer(call, answer)
    status = "in_doubt" if answer.doubt else "failed" if answer.response is None else "done"
    journal.journal(call, answer, status)
    act = undo_outcomes.undone_action(proposal)
    if call.request.get("check"):
        return _follow_check(context, proposal, act, answer)
    if answer.response is None:
        problem = answer.problem
        undo_outcomes.stop_undo(
            context, proposal, "in_doubt" if answer.doubt else "failed", problem
        )
        return None
    undo_outcomes.mark_undone(proposal, act, titled(proposal.tool, proposal.args), answer.response)
    case = case_to_perform(proposal.item_id)
    return _begin_next(case) if case else None


def _proposal(call: Call) -> Proposal:
    rows = Proposal.objects.select_related("tool", "item__decided_by")
    return rows.get(pk=call.request["proposal"])


def _should_try_again(call: Call, proposal: Proposal, answer: Answer, tries: int) -> bool:
    if answer.is_barred:
        return False
    if answer.doubt:
        # With the same key the tool acts once however often it is asked; a check only reads.
        safe = call.request.get("check") or proposal.tool.takes_key
        return bool(safe) and tries < RETRY_POLICY.attempts
    return answer.response is None and retry.should_retry(RETRY_POLICY, answer.kind, tries)


def _enqueue_retry(
    call: Call, tries: int, at_least: float, more: dict[str, Any] | None = None
) -> None:
    attempt = Call.objects.filter(run_id=call.run_id, step_id=call.step_id).count() + 1
    again = journal.intend(
        call.step,
        call.kind,
        call.name,
        call.request | (more or {}),
        key=call.key,
        attempt=attempt,
    )
    wait = retry.retry_delay(RETRY_POLICY, tries, random.random(), at_least)  # noqa: S311 - no secret
    outbox.enqueue(CALL, again.pk, due_at=clock.now() + wait, priority=outbox.Priority.INTERACTIVE)


def _follow_check(
    context: Context, proposal: Proposal, act: Proposal, answer: Answer
) -> outbox.Job | None:
    if answer.response is None:
        why = answer.problem
        if not answer.is_barred:
            text = f"How it stands could not be looked up. {why}"
            why = caused_problem(why, Cause.SYSTEM_DOWN, text)
        undo_outcomes.stop_undo(context, proposal, "refused", why)
        return None
    try:
        said = undo_declaration.undo_objection(act, answer.response)
        why = CausedProblem(said, Cause.SAID_NO) if said else ""
    except DomainError as error:
        why = problem_of_refusal(error)
    if why:
        undo_outcomes.stop_undo(context, proposal, "refused", why)
        return None
    case = case_to_perform(proposal.item_id)
    assert case is not None
    return _redeem(context, case, next(p for p in case.proposals if p.pk == proposal.pk), act)
