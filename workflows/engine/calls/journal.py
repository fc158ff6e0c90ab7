"""Calls to the outside: intent first, then the call with no transaction, then the result."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from approvals.models import Proposal, Tool
from audit import outbox
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.errors import DomainError, Invalid
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.services.keys import reveal_secret
from workflows import gateway, tools
from workflows.definitions.on_failure import Retry
from workflows.engine.calls import limits, outcomes, retry
from workflows.engine.calls.outcomes import Answer
from workflows.engine.state.context import Context
from workflows.engine.state.failures import problem_from_error, problem_of_refusal
from workflows.models import Call, StepRun
from workflows.steps.results import AskModel

TOPIC = "call.make"
# What writes an answer and moves the run on.
Settle = Callable[[Call, Answer, Proposal | None], outbox.Job | None]
_settler: Settle | None = None


def settle_with(settle: Settle) -> None:
    """Take what writes the answers of calls: it moves runs on, so it lies above."""
    global _settler
    _settler = settle


def _settle(call: Call, answer: Answer, proposal: Proposal | None) -> outbox.Job | None:
    assert _settler is not None, "workflows.topics.register hands it in"
    return _settler(call, answer, proposal)


def journal_question(
    context: Context, row: StepRun, asked: AskModel, *, own: bool, due_at: datetime | None = None
) -> outbox.Job | None:
    """Journal the question of a step that runs. ``due_at`` puts it off."""
    limit = context.definition.step(row.name).head.timeout
    request = asked.request | ({"timeout": limit} if limit else {})
    call = intend(row, "model", asked.model, request, key=uuid7().hex, why=asked.why)
    priority = limits.priority_of(context, row)
    if due_at is not None or not own:
        outbox.enqueue(TOPIC, call.pk, due_at=due_at, priority=priority)
        return None
    counted = limits.under(context.workflow, asked.model)
    if refusal := limits.refusal_of(counted):
        limits.enqueue_behind(TOPIC, call.pk, refusal, priority=priority)
        return None
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
    """Journal the intent of a call before it is made."""
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


def job_for(debt: outbox.Claim, context: Context, call: Call) -> outbox.Job:
    """The outside half of a call that was owed, with its credentials looked up now."""
    if call.kind == "model":
        return model_job(debt, context, call)
    proposal = Proposal.objects.select_related("tool", "item").get(pk=call.request["proposal"])
    return tool_job(debt, context, call, proposal)


def model_job(debt: outbox.Claim, context: Context, call: Call) -> "ModelJob | NoJob":
    """The outside half of a model call, with the tenant's own key if it has one."""
    name = f"{call.name.split('/')[0]}-api-key"
    try:
        key = reveal_secret(name) if name in context.secrets else None
    except DomainError as error:
        return NoJob(debt, call, problem_of_refusal(error))
    return ModelJob(debt, call, key)


def tool_job(
    debt: outbox.Claim, context: Context, call: Call, proposal: Proposal
) -> "ToolJob | NoJob":
    """The outside half of a tool call, its settings with their secrets in place."""
    try:
        errand = errand_of(call, proposal.tool, proposal.args, context.tenant)
    except DomainError as error:
        return NoJob(debt, call, problem_of_refusal(error))
    return ToolJob(debt, call, errand, proposal)


def errand_of(call: Call, tool: Tool, args: dict[str, Any], tenant: Tenant) -> tools.Errand:
    """What to carry out. Raises Invalid where it can't be: no secret, odd settings."""
    try:
        settings = tools.adapters()[tool.adapter].resolve(tool.settings, tenant)
    except Exception as error:  # settings that lack what the adapter reads
        problem = problem_from_error(error, f"looking up what the tool {tool.name} needs")
        raise Invalid(str(problem), code=getattr(error, "code", "bad_settings")) from error
    return tools.Errand(
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
    """One model call."""

    claim: outbox.Claim
    call: Call
    api_key: str | None

    async def perform(self) -> Answer:
        """Ask the model."""
        began = time.monotonic()
        try:
            call = self.call
            done = await gateway.complete(call.name, call.request, api_key=self.api_key)
        except gateway.ModelFailed as error:
            return outcomes.of_failure(error, _since(began))
        except Exception as error:  # a model acts on nothing, so this is a failure like others
            problem = problem_from_error(error, f"the call {self.call.pk} of {self.call.name}")
            return Answer(None, _since(began), problem=problem, kind="refused")
        return outcomes.model_answer(done, call.request["max_tokens"], _since(began))

    def store_result(self, outcome: object) -> outbox.Job | None:
        """Journal the answer and move the run on."""
        assert isinstance(outcome, Answer)
        return _settle(self.call, outcome, None)

    def reload(self) -> "ModelJob":
        """The same, with the call as it is now."""
        return replace(self, call=_as_it_is(self.call))


@dataclass(frozen=True, slots=True)
class ToolJob:
    """One tool call."""

    claim: outbox.Claim
    call: Call
    errand: tools.Errand
    proposal: Proposal

    async def perform(self) -> Answer:
        """Let the tool act."""
        began = time.monotonic()
        try:
            response = await tools.carry_out(self.errand)
        except tools.ToolFailed as error:
            return outcomes.of_failure(error, _since(began))
        except tools.ToolInDoubt as error:
            return replace(outcomes.of_failure(error, _since(began)), doubt=True)
        except Exception as error:  # the tool may have been asked before this broke
            problem = problem_from_error(error, f"the call {self.call.pk} of {self.call.name}")
            return Answer(None, _since(began), problem=problem, doubt=True)
        return Answer(response, _since(began))

    def store_result(self, outcome: object) -> outbox.Job | None:
        """Journal the result and move the run on."""
        assert isinstance(outcome, Answer)
        return _settle(self.call, outcome, self.proposal)

    def reload(self) -> "ToolJob":
        """The same, with the call and its action as they are now."""
        rows = Proposal.objects.select_related("tool", "item")
        return replace(self, call=_as_it_is(self.call), proposal=rows.get(pk=self.proposal.pk))


@dataclass(frozen=True, slots=True)
class NoJob:
    """A call that can't be made: its host is not allowed, or a secret is gone."""

    claim: outbox.Claim
    call: Call
    problem: str

    async def perform(self) -> Answer:
        """Ask nobody."""
        return Answer(None, 0, problem=self.problem)

    def store_result(self, outcome: object) -> outbox.Job | None:
        """Journal that nothing was asked and move the run on."""
        assert isinstance(outcome, Answer)
        return _settle(self.call, outcome, None)

    def reload(self) -> "NoJob":
        """The same, with the call as it is now."""
        return replace(self, call=_as_it_is(self.call))


def _as_it_is(call: Call) -> Call:
    return Call.objects.select_related("step").get(pk=call.pk)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def journal(call: Call, answer: Answer, status: str) -> None:
    """Write what came of a call into the journal."""
    tokens_in, tokens_out, cost = answer.usage
    move(
        call,
        status,
        actor=SYSTEM,
        response=answer.response,
        problem=answer.problem,
        millis=answer.millis,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost_micros=cost,
    )


def try_again(
    call: Call, row: StepRun, policy: Retry, priority: outbox.Priority, *, wait: float = 0
) -> None:
    """Owe another attempt of a call, later each time, and not before ``wait`` seconds."""
    again = intend(
        row,
        call.kind,
        call.name,
        call.request,
        key=call.key,
        why=call.why,
        attempt=call.attempt + 1,
    )
    pause = retry.retry_delay(policy, call.attempt, random.random(), wait)  # noqa: S311 - no secret
    outbox.enqueue(TOPIC, again.pk, due_at=clock.now() + pause, priority=priority)
