"""Calls to the outside: intent first, then the call with no transaction, then the result."""

import random
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals.models import Proposal
from audit import outbox
from tenants import clock
from tenants.errors import DomainError, NotFound
from tenants.ids import uuid7
from tenants.services.keys import reveal_secret
from workflows import gateway, tools
from workflows.definitions.failure import Retry
from workflows.definitions.parse import Step
from workflows.engine import circuits, retry
from workflows.engine.context import Context, begin_row
from workflows.models import Call, StepRun
from workflows.steps.results import AskModel

TOPIC = "call.make"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call. ``doubt``: nobody knows whether it acted.

    ``kind`` is the kind of failure: timeout, rate_limited, unavailable or refused.
    """

    response: dict[str, Any] | None
    millis: int
    problem: str = ""
    again: bool = False
    doubt: bool = False
    kind: str = ""
    usage: tuple[int, int, int] = (0, 0, 0)


def ask_model(context: Context, step: Step, asked: AskModel, *, own: bool) -> outbox.Job | None:
    """Write down that a model will be asked; the job is this worker's if ``own``."""
    from workflows.engine import fallbacks

    row = begin_row(context, step, "running")
    held = circuits.hold(context.circuits, "model", asked.model, now_making=own)
    if held is None:
        return ask(context, row, asked, own=own)
    if fallbacks.plan_for(context, row):
        return fallbacks.take(context, row, held.why, asked, own=own)[1]
    return ask(context, row, asked, own=own, due_at=held.until)


def ask(
    context: Context, row: StepRun, asked: AskModel, *, own: bool, due_at: datetime | None = None
) -> outbox.Job | None:
    """Journal the question of a step that runs. ``due_at`` puts it off."""
    limit = context.definition.step(row.name).head.timeout
    request = asked.request | ({"timeout": limit} if limit else {})
    call = intend(row, "model", asked.model, request, key=uuid7().hex, why=asked.why)
    if due_at is not None or not own:
        outbox.owe(TOPIC, call.pk, due_at=due_at)
        return None
    return job_for(outbox.owe_leased(TOPIC, call.pk), call)


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
    Call.objects.bulk_create([call])
    return call


def job_for(debt: outbox.Debt, call: Call) -> "ModelJob | ToolJob | NoJob":
    """The outside half of a call, with its credentials looked up now."""
    if call.kind == "model":
        return ModelJob(debt, call.name, call.request, _model_key(call.name))
    proposal = Proposal.objects.select_related("tool").get(pk=call.request["proposal"])
    adapter = tools.adapters()[proposal.tool.adapter]
    try:
        settings = adapter.resolve(proposal.tool.settings)
    except DomainError as error:
        return NoJob(debt, error.message)
    limit = call.request.get("timeout")
    errand = tools.Errand(proposal.tool.adapter, settings, proposal.args, call.key, limit)
    return ToolJob(debt, errand)


def _model_key(model: str) -> str | None:
    """The tenant's own key for a model's provider; None leaves it to the environment."""
    if model.startswith("offline/"):
        return None
    try:
        return reveal_secret(f"{model.split('/')[0]}-api-key")
    except NotFound:
        return None


@dataclass(frozen=True, slots=True)
class ModelJob:
    """One model call."""

    debt: outbox.Debt
    model: str
    request: dict[str, Any]
    api_key: str | None

    def perform(self) -> Answer:
        """Ask the model."""
        began = time.monotonic()
        try:
            done = gateway.complete(self.model, self.request, api_key=self.api_key)
        except gateway.ModelFailed as error:
            return _failure(error, began)
        usage = (done.tokens_in, done.tokens_out, done.cost_micros)
        return Answer({"text": done.text, "model": done.model}, _since(began), usage=usage)

    def settle(self, outcome: object) -> outbox.Job | None:
        """Journal the answer and move the run on."""
        from workflows.engine.settle import settle_call

        assert isinstance(outcome, Answer)
        return settle_call(self.debt, outcome)


@dataclass(frozen=True, slots=True)
class ToolJob:
    """One tool call."""

    debt: outbox.Debt
    errand: tools.Errand

    def perform(self) -> Answer:
        """Let the tool act."""
        began = time.monotonic()
        try:
            response = tools.adapters()[self.errand.adapter].carry_out(self.errand)
        except tools.ToolFailed as error:
            return _failure(error, began)
        except tools.ToolInDoubt as error:
            return Answer(None, _since(began), problem=str(error), doubt=True, kind=error.kind)
        return Answer(response, _since(began))

    def settle(self, outcome: object) -> outbox.Job | None:
        """Journal the result and move the run on."""
        from workflows.engine.settle import settle_call

        assert isinstance(outcome, Answer)
        return settle_call(self.debt, outcome)


@dataclass(frozen=True, slots=True)
class NoJob:
    """A tool call that can't be made: its host is not allowed, or a secret is gone."""

    debt: outbox.Debt
    problem: str

    def perform(self) -> Answer:
        """Ask nobody."""
        return Answer(None, 0, problem=self.problem)

    def settle(self, outcome: object) -> outbox.Job | None:
        """Journal that nothing was asked and move the run on."""
        from workflows.engine.settle import settle_call

        assert isinstance(outcome, Answer)
        return settle_call(self.debt, outcome)


def _failure(error: gateway.ModelFailed | tools.ToolFailed, began: float) -> Answer:
    return Answer(None, _since(began), problem=str(error), again=error.again, kind=error.kind)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def try_again(call: Call, row: StepRun, policy: Retry) -> None:
    """Owe another attempt of a call, later each time."""
    again = intend(
        row,
        call.kind,
        call.name,
        call.request,
        key=call.key,
        why=call.why,
        attempt=call.attempt + 1,
    )
    wait = retry.pause(policy, call.attempt, random.random())  # noqa: S311 - no secret
    outbox.owe(TOPIC, again.pk, due_at=clock.now() + wait)
