"""Journal of model and tool calls: the intent is stored before a call, the result after it."""

import random
from dataclasses import replace
from datetime import datetime
from typing import Any

from approvals.models import Proposal, Tool
from audit import outbox
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from tenants.credentials.former_values import note_former_use
from tenants.db import unit_of_work
from tenants.errors import DomainError, ErrorCode, Invalid, Refused
from tenants.ids import uuid7
from tenants.services.keys import reveal_secret
from workflows import tools
from workflows.budgets.reservations import Kept
from workflows.definitions.on_failure import Retry
from workflows.engine.calls import budgeting, kept_answers, limits, retry
from workflows.engine.calls.jobs import AnsweredJob, ModelJob, ToolJob
from workflows.engine.calls.outcomes import Answer
from workflows.engine.calls.pictures import form_shown
from workflows.engine.calls.sealed_answers import sealed_answer
from workflows.engine.state import breakers
from workflows.engine.state.context import Context
from workflows.engine.state.failures import problem_from_error, problem_of_refusal
from workflows.models import Call, StepRun
from workflows.oauth.renewing import delay_before_call
from workflows.routing.selectors import own_price
from workflows.steps.results import AskModel
from workflows.tools.attachments import approved_files

TOPIC = "call.make"


def journal_question(
    context: Context,
    row: StepRun,
    question: AskModel,
    *,
    own: bool,
    due_at: datetime | None = None,
    attempt: int = 1,
) -> outbox.Job | None:
    """Journal a running step's model call and return it as a job if this worker may make it.

    None where the call is enqueued: it is not ``own``, is postponed to ``due_at``, a concurrency
    limit is reached, or a budget refuses it. The caller has admitted a call that is made now.
    """
    limit = context.definition.step(row.name).head.timeout
    request = question.request | ({"timeout": limit} if limit else {})
    if own and (kept := kept_answers.find_kept(context, row.name, question.model, request)):
        if due_at is None:
            breakers.return_probe(context.circuits, "model", question.model)
        # Nothing is asked, so it needs neither a budget nor a place of a limit.
        call = _intend_question(row, question, request, attempt=attempt)
        answer = kept_answers.reuse(call, kept)
        return AnsweredJob(outbox.enqueue_claimed(TOPIC, call.pk), call, answer)
    counted = limits.limits_of_call(context, question.model)
    is_due = own and due_at is None
    # Before the row is claimed: a row that waits for a limit must be free for any worker.
    at_limit = limits.refusal_of(counted) if is_due else None
    # Only for a call that is made now, so that none that waits keeps a budget from others.
    is_made = is_due and at_limit is None
    budget = budgeting.NOTHING
    if is_made:
        budget = budgeting.reserve_question(context, question.model, request, question.choice)
    call = _intend_question(row, question, request, attempt=attempt, reserved=budget.kept)
    if is_made and not budget.refusal:
        # Inserted with this worker's lease: it makes the call after the commit, without another
        # claim, and another worker makes it if this one stops.
        return model_job(outbox.enqueue_claimed(TOPIC, call.pk, limits=counted), context, call)
    if is_due:
        breakers.return_probe(context.circuits, "model", question.model)
    priority = limits.priority_of(context, row)
    if at_limit is not None:
        limits.enqueue_waiting(TOPIC, call.pk, at_limit, priority=priority)
    else:
        # What follows from a budget's refusal is up to the handler of the claimed call.
        outbox.enqueue(TOPIC, call.pk, due_at=due_at, priority=priority)
    return None


def answered_job(claim: outbox.Claim, context: Context, call: Call) -> AnsweredJob | None:
    """Return the job of a claimed call whose answer is kept by now; None where it has to be made.

    Without budgets, circuits and limits, as nothing is asked.
    """
    # What an earlier try reserved may be spent, which only another reservation notes.
    if call.kind != "model" or call.reserved is not None:
        return None
    kept = kept_answers.find_kept(context, call.step.name, call.name, call.request)
    if kept is not None:
        return AnsweredJob(claim, call, kept_answers.reuse(call, kept))
    if call.reused_from is not None:
        # The worker that had it stopped, and the answer has expired meanwhile.
        kept_answers.undo_reuse(call)
    return None


def _intend_question(
    row: StepRun,
    question: AskModel,
    request: dict[str, Any],
    *,
    attempt: int,
    reserved: Kept | None = None,
) -> Call:
    return intend(
        row,
        "model",
        question.model,
        request,
        key=uuid7().hex,
        why=question.why,
        choice=question.choice,
        reserved=reserved,
        attempt=attempt,
    )


def journal_read(
    context: Context, row: StepRun, tool: Tool, args: dict[str, Any], *, own: bool
) -> outbox.Job | None:
    """Journal a call of a tool that only reads, and return it as a job if this worker makes it.

    No permit is needed. None where the call is enqueued: it is not ``own``, or a limit is reached.
    """
    limit = context.definition.step(row.name).head.timeout
    request = {"tool": tool.name, "args": args} | ({"timeout": limit} if limit else {})
    counted = limits.limits_of_call(context)
    own = own and (context.run.is_sealed or delay_before_call(tool) is None)
    at_limit = limits.refusal_of(counted) if own else None
    call = intend(row, "tool", tool.name, request, key=uuid7().hex)
    priority = limits.priority_of(context, row)
    if at_limit is not None:
        limits.enqueue_waiting(TOPIC, call.pk, at_limit, priority=priority)
        return None
    if not own:
        outbox.enqueue(TOPIC, call.pk, priority=priority)
        return None
    claim = outbox.enqueue_claimed(TOPIC, call.pk, limits=counted)
    return read_job(claim, context, call, tool)


def is_read(call: Call) -> bool:
    """Whether a call is one of a tool that only reads, and so no effect of an approved action."""
    return call.kind == "tool" and "proposal" not in call.request


def intend(
    row: StepRun,
    kind: str,
    name: str,
    request: dict[str, Any],
    *,
    key: str,
    why: str = "",
    choice: dict[str, Any] | None = None,
    reserved: Kept | None = None,
    attempt: int = 1,
) -> Call:
    """Insert a call's journal entry before the call is made, and return it.

    ``key`` is the idempotency key, the same for all tries of one call; ``attempt`` counts from 1.
    ``reserved`` is what its budgets keep for it.
    """
    call = Call(
        id=uuid7(),
        step=row,
        run_id=row.run_id,
        attempt=attempt,
        kind=kind,
        name=name,
        why=why,
        choice=choice,
        key=key,
        request=request,
        reserved=reserved,
    )
    unit_of_work.insert(call)
    return call


def job_for(claim: outbox.Claim, context: Context, call: Call) -> outbox.Job:
    """Return the job of a journaled call, with its credentials read now."""
    if call.kind == "model":
        return model_job(claim, context, call)
    if is_read(call):
        return read_job(claim, context, call, Tool.objects.get(name=call.name))
    proposal = Proposal.objects.select_related("tool", "item").get(pk=call.request["proposal"])
    return tool_job(claim, context, call, proposal)


def model_job(claim: outbox.Claim, context: Context, call: Call) -> ModelJob | AnsweredJob:
    """Return the job of a model call, with the tenant's own API key if it has one."""
    if context.run.is_sealed:
        return AnsweredJob(claim, call, sealed_answer(call))
    # A name by convention: the tenant's own key for a provider, else the deployment's is used.
    name = f"{call.name.split('/')[0]}-api-key"
    try:
        key = reveal_secret(name) if name in context.secrets else None
    except DomainError as error:
        breakers.return_probe(context.circuits, call.kind, call.name)
        return AnsweredJob(claim, call, Answer(None, 0, problem=problem_of_refusal(error)))
    price = own_price(context.tenant_rules.provider, call.name, call.choice)
    return ModelJob(claim, call, key, price)


def tool_job(
    claim: outbox.Claim, context: Context, call: Call, proposal: Proposal
) -> ToolJob | AnsweredJob:
    """Return the job of a tool call, with the secrets filled into the tool's settings."""
    if context.run.is_sealed:
        return AnsweredJob(claim, call, sealed_answer(call, proposal.tool))
    try:
        request = tool_request(context, call, proposal.tool, proposal.args)
        request = replace(request, shown=form_shown(proposal), files=approved_files(proposal))
    except DomainError as error:
        breakers.return_probe(context.circuits, call.kind, call.name)
        return AnsweredJob(claim, call, Answer(None, 0, problem=problem_of_refusal(error)))
    return ToolJob(claim, call, request, proposal)


def read_job(
    claim: outbox.Claim, context: Context, call: Call, tool: Tool
) -> ToolJob | AnsweredJob:
    """Return the job of a call that only reads, with the secrets filled into its settings."""
    if context.run.is_sealed:
        return AnsweredJob(claim, call, sealed_answer(call, tool))
    try:
        request = tool_request(context, call, tool, call.request["args"])
    except DomainError as error:
        return AnsweredJob(claim, call, Answer(None, 0, problem=problem_of_refusal(error)))
    return ToolJob(claim, call, request, None)


def tool_request(
    context: Context, call: Call, tool: Tool, args: dict[str, Any]
) -> tools.ToolRequest:
    """Return the request that a tool's adapter carries out.

    Raises Invalid where the tool's settings can't be resolved, for example without their secret,
    and Refused for a sealed run: what has no request can't be carried out.
    """
    if context.run.is_sealed:
        raise Refused("This run is sealed: none of its calls is made.")
    try:
        settings = tools.adapters()[tool.adapter].resolve(tool.settings, context.tenant)
    except Exception as error:  # settings that lack what the adapter reads
        problem = problem_from_error(error, f"looking up what the tool {tool.name} needs")
        code: ErrorCode = error.code if isinstance(error, DomainError) else "bad_settings"
        raise Invalid(str(problem), code=code) from error
    return tools.ToolRequest(
        tool.adapter,
        settings,
        args,
        call.key,
        timeout=call.request.get("timeout"),
        takes_key=tool.takes_key,
        acts=tool.effect != "read",
        resumed=call.request.get("resumed"),
    )


def journal(call: Call, answer: Answer, status: str) -> None:
    """Move a call's journal entry to ``status`` and store its answer, usage and cost."""
    note_former_use(answer.formers)
    move(
        call,
        status,
        actor=SYSTEM,
        response=answer.response,
        problem=answer.problem,
        millis=answer.millis,
        **answer.spent(),
    )


def try_again(
    call: Call,
    row: StepRun,
    policy: Retry,
    priority: outbox.Priority,
    *,
    wait: float = 0,
    more: dict[str, Any] | None = None,
) -> None:
    """Journal and enqueue another try of a call, later each time. ``more`` goes to its request.

    The try is due after the policy's pause, and not before ``wait`` seconds, which the other side
    asked for.
    """
    # The same key for each try, so that a tool with idempotency keys acts once.
    given = {"key": call.key, "why": call.why, "choice": call.choice, "attempt": call.attempt + 1}
    again = intend(row, call.kind, call.name, call.request | (more or {}), **given)
    pause = retry.retry_delay(policy, call.attempt, random.random(), wait)  # noqa: S311 - no secret
    outbox.enqueue(TOPIC, again.pk, due_at=clock.now() + pause, priority=priority)
