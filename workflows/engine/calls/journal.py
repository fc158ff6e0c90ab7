"""Journal of model and tool calls: the intent is stored, the call made, the result stored.

The call itself is made with no transaction open, so that no lock is held while it lasts.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from approvals.models import Proposal, Tool
from audit import outbox
from audit.jobs import ReadAhead
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.errors import DomainError, ErrorCode, Invalid
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.services.keys import reveal_secret
from workflows import gateway, tools
from workflows.definitions.on_failure import Retry
from workflows.engine.calls import limits, outcomes, retry
from workflows.engine.calls.outcomes import Answer
from workflows.engine.state.context import Context
from workflows.engine.state.entered_runs import RUN_AHEAD
from workflows.engine.state.failures import problem_from_error, problem_of_refusal
from workflows.models import Call, StepRun
from workflows.steps.results import AskModel

TOPIC = "call.make"
# Stores a call's answer and advances its run; returns the next call to make.
StoreAnswer = Callable[[Call, Answer, Proposal | None], outbox.Job | None]
_answer_writer: StoreAnswer | None = None


def register_answer_writer(store: StoreAnswer) -> None:
    """Register the function that stores the answers of calls and advances their runs.

    It is handed in because it lies in ``engine.handlers``, which this module may not import.
    """
    global _answer_writer
    _answer_writer = store


def _store_answer(call: Call, answer: Answer, proposal: Proposal | None) -> outbox.Job | None:
    assert _answer_writer is not None, "workflows.topics.register hands it in"
    return _answer_writer(call, answer, proposal)


def journal_question(
    context: Context, row: StepRun, question: AskModel, *, own: bool, due_at: datetime | None = None
) -> outbox.Job | None:
    """Journal a running step's model call and return it as a job if this worker may make it.

    None where the call is enqueued: it is not ``own``, is postponed to ``due_at``, or a
    concurrency limit is reached.
    """
    limit = context.definition.step(row.name).head.timeout
    request = question.request | ({"timeout": limit} if limit else {})
    call = intend(row, "model", question.model, request, key=uuid7().hex, why=question.why)
    priority = limits.priority_of(context, row)
    if due_at is not None or not own:
        outbox.enqueue(TOPIC, call.pk, due_at=due_at, priority=priority)
        return None
    counted = limits.limits_of_call(context.workflow, question.model)
    # Before the row is claimed: a row that waits for a limit must be free for any worker.
    if refusal := limits.refusal_of(counted):
        limits.enqueue_waiting(TOPIC, call.pk, refusal, priority=priority)
        return None
    # Inserted with this worker's lease: it makes the call after the commit, without another claim,
    # and another worker makes it if this one stops.
    return model_job(outbox.enqueue_claimed(TOPIC, call.pk, limits=counted), context, call)


def intend(
    row: StepRun,
    kind: str,
    name: str,
    request: dict[str, Any],
    *,
    key: str,
    why: str = "",
    attempt: int = 1,
) -> Call:
    """Insert a call's journal entry before the call is made, and return it.

    ``key`` is the idempotency key, the same for all tries of one call; ``attempt`` counts from 1.
    """
    call = Call(
        id=uuid7(),
        step=row,
        run_id=row.run_id,
        attempt=attempt,
        kind=kind,
        name=name,
        why=why,
        key=key,
        request=request,
    )
    unit_of_work.insert(call)
    return call


def job_for(claim: outbox.Claim, context: Context, call: Call) -> outbox.Job:
    """Return the job of a journaled call, with its credentials read now."""
    if call.kind == "model":
        return model_job(claim, context, call)
    proposal = Proposal.objects.select_related("tool", "item").get(pk=call.request["proposal"])
    return tool_job(claim, context, call, proposal)


def model_job(claim: outbox.Claim, context: Context, call: Call) -> "ModelJob | FailedJob":
    """Return the job of a model call, with the tenant's own API key if it has one."""
    # A name by convention: the tenant's own key for a provider, else the deployment's is used.
    name = f"{call.name.split('/')[0]}-api-key"
    try:
        key = reveal_secret(name) if name in context.secrets else None
    except DomainError as error:
        return FailedJob(claim, call, problem_of_refusal(error))
    return ModelJob(claim, call, key)


def tool_job(
    claim: outbox.Claim, context: Context, call: Call, proposal: Proposal
) -> "ToolJob | FailedJob":
    """Return the job of a tool call, with the secrets filled into the tool's settings."""
    try:
        request = tool_request(call, proposal.tool, proposal.args, context.tenant)
    except DomainError as error:
        return FailedJob(claim, call, problem_of_refusal(error))
    return ToolJob(claim, call, request, proposal)


def tool_request(call: Call, tool: Tool, args: dict[str, Any], tenant: Tenant) -> tools.ToolRequest:
    """Return the request that a tool's adapter carries out.

    Raises Invalid where the tool's settings can't be resolved, for example without their secret.
    """
    try:
        settings = tools.adapters()[tool.adapter].resolve(tool.settings, tenant)
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
    )


@dataclass(frozen=True, slots=True)
class ModelJob:
    """Job of one model call."""

    claim: outbox.Claim
    call: Call
    api_key: str | None

    @property
    def reads(self) -> tuple[ReadAhead, UUID]:
        return RUN_AHEAD, self.call.run_id

    async def perform(self) -> Answer:
        """Ask the model and return its answer, or its failure as an answer."""
        began = time.monotonic()
        try:
            call = self.call
            done = await gateway.complete(call.name, call.request, api_key=self.api_key)
        except gateway.ModelFailed as error:
            return outcomes.failed_answer(error, _elapsed_millis(began))
        except Exception as error:  # a model acts on nothing, so this is a failure like others
            problem = problem_from_error(error, f"the call {self.call.pk} of {self.call.name}")
            millis = _elapsed_millis(began)
            return Answer(None, millis, problem=problem, kind="refused", cost_micros=None)
        return outcomes.model_answer(done, call.request["max_tokens"], _elapsed_millis(began))

    def store_result(self, outcome: object) -> outbox.Job | None:
        """Journal the answer and advance the run."""
        assert isinstance(outcome, Answer)
        return _store_answer(self.call, outcome, None)

    def reload(self) -> "ModelJob":
        """Return the job with its call read anew."""
        return replace(self, call=_reread_call(self.call))


@dataclass(frozen=True, slots=True)
class ToolJob:
    """Job of one tool call."""

    claim: outbox.Claim
    call: Call
    request: tools.ToolRequest
    proposal: Proposal

    @property
    def reads(self) -> tuple[ReadAhead, UUID]:
        return RUN_AHEAD, self.call.run_id

    async def perform(self) -> Answer:
        """Call the tool and return its answer, its failure, or that its effect is in doubt."""
        began = time.monotonic()
        try:
            response = await tools.carry_out(self.request)
        except tools.ToolFailed as error:
            return outcomes.failed_answer(error, _elapsed_millis(began))
        except tools.ToolInDoubt as error:
            return replace(outcomes.failed_answer(error, _elapsed_millis(began)), doubt=True)
        except Exception as error:  # the tool may have been asked before this broke
            problem = problem_from_error(error, f"the call {self.call.pk} of {self.call.name}")
            return Answer(None, _elapsed_millis(began), problem=problem, doubt=True)
        return Answer(response, _elapsed_millis(began))

    def store_result(self, outcome: object) -> outbox.Job | None:
        """Journal the result and advance the run."""
        assert isinstance(outcome, Answer)
        return _store_answer(self.call, outcome, self.proposal)

    def reload(self) -> "ToolJob":
        """Return the job with its call and its proposal read anew."""
        rows = Proposal.objects.select_related("tool", "item")
        return replace(self, call=_reread_call(self.call), proposal=rows.get(pk=self.proposal.pk))


@dataclass(frozen=True, slots=True)
class FailedJob:
    """Job of a call that can't be made, because a secret is gone or the settings are wrong."""

    claim: outbox.Claim
    call: Call
    problem: str

    async def perform(self) -> Answer:
        """Return the problem as the call's answer, without a call."""
        return Answer(None, 0, problem=self.problem)

    def store_result(self, outcome: object) -> outbox.Job | None:
        """Journal that the call was not made and advance the run."""
        assert isinstance(outcome, Answer)
        return _store_answer(self.call, outcome, None)

    def reload(self) -> "FailedJob":
        """Return the job with its call read anew."""
        return replace(self, call=_reread_call(self.call))


def _reread_call(call: Call) -> Call:
    return Call.objects.select_related("step").get(pk=call.pk)


def _elapsed_millis(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def journal(call: Call, answer: Answer, status: str) -> None:
    """Move a call's journal entry to ``status`` and store its answer, usage and cost."""
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
    call: Call, row: StepRun, policy: Retry, priority: outbox.Priority, *, wait: float = 0
) -> None:
    """Journal and enqueue another try of a call, later each time.

    The try is due after the policy's pause, and not before ``wait`` seconds, which the other side
    asked for.
    """
    again = intend(
        row,
        call.kind,
        call.name,
        call.request,
        # The same key for each try, so that a tool with idempotency keys acts once.
        key=call.key,
        why=call.why,
        attempt=call.attempt + 1,
    )
    pause = retry.retry_delay(policy, call.attempt, random.random(), wait)  # noqa: S311 - no secret
    outbox.enqueue(TOPIC, again.pk, due_at=clock.now() + pause, priority=priority)
