"""Undoing what was carried out: checked, permitted and called one by one, the last one first.

It stands beside the run, which may be over, and moves nothing of it. As with what it
undoes, a failure half-way stops the rest.
"""

import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from approvals import undoing
from approvals.models import Proposal, ReviewItem, Tool
from approvals.phrases import say
from approvals.reading import Case, to_perform
from approvals.services import permits
from approvals.services.undo import ask_undo
from audit import outbox
from audit.transitions import move
from audit.verbs import Verb
from tenants import access, clock, writing
from tenants.actors import SYSTEM
from tenants.errors import DomainError
from tenants.scope import current_tenant_id
from workflows.definitions.failure import Retry
from workflows.engine import calls, effects, retry
from workflows.engine.calls import Answer
from workflows.engine.context import Context, look
from workflows.engine.exceptions import raise_exception
from workflows.models import Call, StepRun

CALL = "undo.call"
POLICY = Retry()


def undo_item(debt: outbox.Debt) -> outbox.Job | None:
    """Handler of ``item.undo``: go on with the actions of an undo."""
    case = to_perform(debt.object_id)
    return _next(case) if case else None


def _next(case: Case) -> outbox.Job | None:
    """Begin the next action of an undo: its check if it declares one, else the action."""
    proposal = next((p for p in case.proposals if p.status == "approved"), None)
    if proposal is None:
        return None
    context = look(case.item.run_id)
    act = _act(proposal)
    if act.tool.undo_check:
        return _check(context, proposal, act)
    return _redeem(context, case, proposal, act)


def _check(context: Context, proposal: Proposal, act: Proposal) -> outbox.Job | None:
    """Ask how it stands outside. Reading needs no permit."""
    try:
        args = undoing.check_arguments(act)
        tool = _reader(act)
    except DomainError as error:
        _stop(context, proposal, "refused", error.message)
        return None
    request = {"proposal": str(proposal.pk), "tool": tool.name, "args": args, "check": True}
    return _call(context, proposal, act, tool, request, key=f"hr-check-{proposal.pk}")


def _reader(act: Proposal) -> Tool:
    name = act.tool.undo_check["tool"]
    tool = Tool.objects.filter(name=name, enabled=True, effect="read").first()
    if tool is None:
        raise DomainError(f"{name}, which is asked before an undo, is gone.")
    return tool


def _redeem(context: Context, case: Case, proposal: Proposal, act: Proposal) -> outbox.Job | None:
    end = undoing.until(act)
    if act.status != "executed" or (end is not None and clock.now() >= end):
        _stop(context, proposal, "refused", "The time to undo it has run out.")
        return None
    lane = context.lane()
    if refusal := permits.redeem(proposal, lane, case, context.house):
        _stop(context, proposal, "", refusal)
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
) -> outbox.Job:
    """Journal a call beside those of the step that acted, and make it."""
    rows = StepRun.objects.filter(run_id=act.run_id, name=act.step, item=None)
    row = rows.order_by("-id")[0]
    attempt = Call.objects.filter(step=row).count() + 1
    call = calls.intend(row, "tool", tool.name, request, key=key, attempt=attempt)
    return _job(outbox.owe_leased(CALL, call.pk), context, call, proposal, tool)


def _job(
    debt: outbox.Debt, context: Context, call: Call, proposal: Proposal, tool: Tool
) -> outbox.Job:
    try:
        errand = calls.errand_of(call, tool, call.request["args"], context.tenant)
    except DomainError as error:
        return NoUndoJob(debt, call, error.message)
    return UndoJob(debt, call, errand, proposal)


@dataclass(frozen=True, slots=True)
class UndoJob(calls.ToolJob):
    """One call of an undo."""

    def settle(self, outcome: object) -> outbox.Job | None:
        """Journal the result and go on with the undo."""
        assert isinstance(outcome, Answer)
        return settle(self.call, outcome)


@dataclass(frozen=True, slots=True)
class NoUndoJob(calls.NoJob):
    """A call of an undo that can't be made."""

    def settle(self, outcome: object) -> outbox.Job | None:
        """Journal that nothing was asked."""
        assert isinstance(outcome, Answer)
        return settle(self.call, outcome)


def make_call(debt: outbox.Debt) -> outbox.Job | None:
    """Handler of ``undo.call``: another try, or after a worker died in the middle of one."""
    call = Call.objects.select_related("step").filter(pk=debt.object_id).first()
    if call is None or call.status != "intended":
        return None
    proposal = _proposal(call)
    tool = Tool.objects.get(name=call.request["tool"])
    if debt.fence > 1 and tool.effect == "write" and not tool.takes_key:
        return settle(call, Answer(None, 0, "A worker stopped in the middle of it.", doubt=True))
    return _job(debt, look(call.run_id), call, proposal, tool)


def settle(call: Call, answer: Answer) -> outbox.Job | None:
    """Write what came of a call of an undo, and go on."""
    proposal, context = _proposal(call), look(call.run_id)
    tries = Call.objects.filter(step_id=call.step_id, key=call.key).count()
    if _again(call, proposal, answer, tries):
        calls.journal(call, answer, "failed")
        _owe_again(call, tries)
        return None
    status = "in_doubt" if answer.doubt else "failed" if answer.response is None else "done"
    calls.journal(call, answer, status)
    act = _act(proposal)
    if call.request.get("check"):
        return _checked(context, proposal, act, answer)
    if answer.response is None:
        problem = answer.problem
        _stop(context, proposal, "in_doubt" if answer.doubt else "failed", problem)
        return None
    _done(proposal, act, answer.response)
    case = to_perform(proposal.item_id)
    return _next(case) if case else None


def _act(proposal: Proposal) -> Proposal:
    """What it undoes."""
    assert proposal.undoes_id is not None
    return Proposal.objects.select_related("tool").get(pk=proposal.undoes_id)


def _proposal(call: Call) -> Proposal:
    rows = Proposal.objects.select_related("tool", "item__decided_by")
    return rows.get(pk=call.request["proposal"])


def _again(call: Call, proposal: Proposal, answer: Answer, tries: int) -> bool:
    if answer.doubt:
        # With the same key the tool acts once however often it is asked; a check only reads.
        safe = call.request.get("check") or proposal.tool.takes_key
        return bool(safe) and tries < POLICY.attempts
    return answer.response is None and retry.worth(POLICY, answer.kind, tries)


def _owe_again(call: Call, tries: int) -> None:
    attempt = Call.objects.filter(step_id=call.step_id).count() + 1
    again = calls.intend(
        call.step, call.kind, call.name, call.request, key=call.key, attempt=attempt
    )
    wait = retry.pause(POLICY, tries, random.random())  # noqa: S311 - no secret
    outbox.owe(CALL, again.pk, due_at=clock.now() + wait, priority=outbox.Priority.INTERACTIVE)


def _checked(
    context: Context, proposal: Proposal, act: Proposal, answer: Answer
) -> outbox.Job | None:
    if answer.response is None:
        why = f"How it stands could not be looked up. {answer.problem}"
        _stop(context, proposal, "refused", why)
        return None
    try:
        why = undoing.objection(act, answer.response)
    except DomainError as error:
        why = error.message
    if why:
        _stop(context, proposal, "refused", why)
        return None
    case = to_perform(proposal.item_id)
    assert case is not None
    return _redeem(context, case, next(p for p in case.proposals if p.pk == proposal.pk), act)


def _done(proposal: Proposal, act: Proposal, response: dict[str, Any]) -> None:
    """The undo was carried out: both actions say so, and the record names who asked."""
    move(
        proposal,
        "executed",
        actor=SYSTEM,
        verb=Verb.EFFECT_DONE,
        reason=_said(proposal),
        result=response,
        executed_at=clock.now(),
    )
    _mark(proposal, act)


def _mark(proposal: Proposal, act: Proposal) -> None:
    by = proposal.item.decided_by
    decision = proposal.item.decisions.first()
    words = decision.words if decision else ""
    reason = f"{by} asked for it{f': {words}' if words else '.'}"
    move(act, "undone", actor=SYSTEM, verb=Verb.EFFECT_UNDONE, reason=reason)


def _said(proposal: Proposal) -> str:
    return say(proposal.tool.phrases.get("title", proposal.tool.title), proposal.args)


def _stop(context: Context, proposal: Proposal, status: str, problem: str) -> None:
    """One action was not undone, or nobody knows: the rest is left, and a person is told.

    An empty ``status``: the gate has refused it already.
    """
    verbs = {"refused": Verb.PERMIT_REFUSED, "failed": Verb.EFFECT_FAILED}
    if status:
        verb = verbs.get(status, Verb.EFFECT_IN_DOUBT)
        move(proposal, status, actor=SYSTEM, verb=verb, reason=problem)
    effects.void_permits(proposal, problem)
    item = ReviewItem.objects.get(pk=proposal.item_id)
    effects.withdraw(item, problem)
    doubt = status == "in_doubt"
    if not doubt:
        writing.update(proposal, {"undoes_id": None})
    for other in item.proposals.filter(status="cancelled"):
        writing.update(other, {"undoes_id": None})
    said = "may or may not have been undone" if doubt else "was not undone"
    options = ["happened", "did_not"] if doubt else ["undo_again", "close"]
    raise_exception(
        context,
        item.step,
        f"{item.title.removeprefix('Undo: ')} {said}. {problem}",
        more={
            "item": item.draft["undoes"],
            "proposal": str(proposal.pk),
            "options": options,
        },
    )


def given_up(debt: outbox.Debt, error: str) -> None:
    """The row of an undo, or of one of its calls, failed again and again."""
    call = Call.objects.filter(pk=debt.object_id).first()
    acts = Proposal.objects.select_related("tool", "item__decided_by")
    if call is not None:
        found = acts.filter(pk=call.request["proposal"])
    else:
        found = acts.filter(item_id=debt.object_id)
    proposal = found.filter(status__in=("approved", "executing")).order_by("position").first()
    if proposal is not None:
        problem = f"It failed {outbox.PARK_AFTER} times: {error[:200]}"
        status = "refused" if proposal.status == "approved" else "in_doubt"
        _stop(look(proposal.run_id), proposal, status, problem)


def ask_again(item: ReviewItem) -> None:
    """A way out of an exception: ask for the undo once more, as the person who chose it."""
    decision = item.decisions.select_related("by").get()
    actor = access.person_now(decision.by_id, current_tenant_id())
    try:
        if actor is None:
            raise DomainError("Whoever asked for it is gone.")
        ask_undo(UUID(item.draft["item"]), actor=actor, words=decision.words)
    except DomainError as error:
        step = item.step.removesuffix("!")
        more = {"item": item.draft["item"], "options": ["close"]}
        raise_exception(look(item.run_id), step, error.message, more=more)


def settle_doubt(proposal: Proposal, *, happened: bool) -> None:
    """A person looked and says whether the undo took place."""
    if not happened:
        move(
            proposal,
            "failed",
            actor=SYSTEM,
            verb=Verb.EFFECT_FAILED,
            reason="A person looked and says it did not happen.",
        )
        writing.update(proposal, {"undoes_id": None})
        return
    act = _act(proposal)
    move(
        proposal,
        "executed",
        actor=SYSTEM,
        verb=Verb.EFFECT_DONE,
        reason="A person looked and says it happened.",
        executed_at=clock.now(),
    )
    _mark(proposal, act)
