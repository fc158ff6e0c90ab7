"""Calls to the outside: intent first, then the call with no transaction, then the result."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from approvals.models import Proposal
from audit import outbox
from tenants import clock
from tenants.errors import DomainError, NotFound
from tenants.ids import uuid7
from tenants.services.keys import reveal_secret
from workflows import gateway, tools
from workflows.definitions.parse import Step
from workflows.engine.context import Context, begin_row
from workflows.models import Call, StepRun
from workflows.steps.results import AskModel

TOPIC = "call.make"
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call. ``doubt``: nobody knows whether it acted."""

    response: dict[str, Any] | None
    millis: int
    problem: str = ""
    again: bool = False
    doubt: bool = False
    usage: tuple[int, int, int] = (0, 0, 0)


def ask_model(
    context: Context, step: Step, asked: AskModel, *, own: bool, item: int | None = None
) -> tuple[StepRun, outbox.Job | None]:
    """Write down that a model will be asked; the job is this worker's if ``own``."""
    row = begin_row(context, step, "running", item=item)
    call = intend(row, "model", asked.model, asked.request, key=uuid7().hex, why=asked.why)
    if not own:
        outbox.owe(TOPIC, call.pk)
        return row, None
    return row, job_for(outbox.owe_leased(TOPIC, call.pk), call)


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
    return ToolJob(debt, tools.Errand(proposal.tool.adapter, settings, proposal.args, call.key))


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
            return Answer(None, _since(began), problem=str(error), again=error.again)
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
            return Answer(None, _since(began), problem=str(error), again=error.again)
        except tools.ToolInDoubt as error:
            return Answer(None, _since(began), problem=str(error), doubt=True)
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


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def try_again(call: Call, row: StepRun) -> None:
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
    due = clock.now() + timedelta(seconds=2**call.attempt)
    outbox.owe(TOPIC, again.pk, due_at=due)
