"""Questions of a tool's server in the middle of a call: a person answers, and the call goes on.

The call ends with the question, and its step waits. An answer, days later maybe, makes another
try of the same call, which carries the answer and the server's state back untouched.
"""

import json
from dataclasses import replace
from typing import Any

from approvals.decisions import permits
from approvals.models import Proposal, ReviewItem
from audit import outbox
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from workflows.definitions.definition import step_of_part
from workflows.engine.advance.advance import advance
from workflows.engine.calls import journal, limits, tries
from workflows.engine.calls.outcomes import Answer
from workflows.engine.handlers import agent_answers, perform
from workflows.engine.review import approved
from workflows.engine.state.context import Context, lock_context
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.moves import set_running
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.exceptions.draft import ExceptionDraft
from workflows.exceptions.ways_out import ANSWER_OR_NOT
from workflows.models import Call, StepRun

MOST_ROUNDS = 10  # questions about one call
TOO_MANY = f"It asked more than {MOST_ROUNDS} times, so it was not asked again."
UNANSWERED = "Nobody answered what it asked, so it did not go on."
OVER = "Its run ended before it went on."


def ask_person(context: Context, row: StepRun, call: Call, answer: Answer) -> outbox.Job | None:
    """Keep a call that asks a person, let its step wait, and put its question before people."""
    assert answer.asked is not None
    # All tries of one call have one key, and one that is done has asked.
    rounds = Call.objects.filter(run_id=call.run_id, key=call.key, status="done")
    if rounds.count() >= MOST_ROUNDS:
        journal.journal(call, replace(answer, problem=TOO_MANY), "failed")
        return _fail(context, row, call, CausedProblem(TOO_MANY, Cause.TOOL))
    journal.journal(call, replace(answer, response={"asked": answer.asked}, problem=""), "done")
    if row.status != "running":  # the step has ended meanwhile
        return advance(context)
    move(row, "waiting", actor=SYSTEM)
    if journal.is_read(call):  # what people take to answer is none of an agent's time
        unit_of_work.update(row, {"output": {**(row.output or {}), "asked": True}})
    proposal = _proposal_of(call)
    raise_exception(
        context,
        step_of_part(row.name),
        CausedProblem(answer.problem, Cause.TOOL_ASKS),
        only=ANSWER_OR_NOT,
        item_id=proposal.item_id if proposal else None,
        proposal_id=proposal.pk if proposal else None,
        asked={"call": str(call.pk), "questions": answer.asked["questions"]},
    )
    return advance(context)


def answer_call(item: ReviewItem) -> outbox.Job | None:
    """Make another try of the call that an exception is about, with what the person answered."""
    found = _waiting_call(item)
    if found is None:
        return None
    context, row, call = found
    decision = item.decisions.get()
    set_running(context)
    move(row, "running", actor=SYSTEM)
    if proposal := _proposal_of(call):
        permits.prolong(proposal.item_id, clock.now() - call.began_at)
    resumed = {
        "answers": json.loads(decision.edits["answers"]),
        "state": (call.response or {})["asked"]["state"],
    }
    again = journal.intend(
        row,
        call.kind,
        call.name,
        call.request | {"resumed": resumed},
        key=call.key,
        why=call.why,
        attempt=call.attempt + 1,
    )
    outbox.enqueue(journal.TOPIC, again.pk, priority=limits.priority_of(context, row))
    return None


def leave_unanswered(item: ReviewItem) -> outbox.Job | None:
    """Fail the call that an exception is about: its question expired, or its run is cancelled."""
    found = _waiting_call(item)
    if found is None:
        return None
    context, row, call = found
    set_running(context)
    return _fail(context, row, call, CausedProblem(UNANSWERED, Cause.NOT_DECIDED))


def _fail(context: Context, row: StepRun, call: Call, problem: CausedProblem) -> outbox.Job | None:
    """Follow a call as failed: it asked before it went on, so this try of it did nothing."""
    if row.status == "waiting":
        move(row, "running", actor=SYSTEM)
    answer = Answer(None, 0, problem=problem, kind="refused")
    if journal.is_read(call):
        return agent_answers.store_read(context, row, call, answer)
    return perform.store_effect(context, row, call, tries.final_answer(call, answer))


def _waiting_call(item: ReviewItem) -> tuple[Context, StepRun, Call] | None:
    """Return an exception's call with its locked run and its step; None where it waits no more.

    The action of a call whose run is over is ended: no try of it follows.
    """
    asked: dict[str, Any] = dict(ExceptionDraft.read(item.draft).asked)
    context = lock_context(item.run_id)
    call = Call.objects.select_related("step").get(pk=asked["call"])
    if context is None:
        _end_action(call)
        return None
    row = context.steps.get(call.step.name)
    if row is None or row.pk != call.step_id or row.status != "waiting":
        return None
    return context, row, call


def _end_action(call: Call) -> None:
    """End the action of a call that asked and whose run is over, unless it was tried again."""
    again = Call.objects.filter(run_id=call.run_id, key=call.key, attempt__gt=call.attempt)
    if not again.exists():
        problem = CausedProblem(OVER, Cause.NOT_DECIDED)
        approved.record_late_answer(call, Answer(None, 0, problem=problem, kind="refused"))


def _proposal_of(call: Call) -> Proposal | None:
    if journal.is_read(call):
        return None
    return Proposal.objects.get(pk=call.request["proposal"])
