"""Jobs of journaled calls: each makes its call, and stores the answer.

The call itself is made with no transaction open, so that no lock is held while it lasts.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from approvals.models import Proposal
from audit import outbox
from audit.jobs import ReadAhead
from workflows import gateway, tools
from workflows.engine.calls import outcomes
from workflows.engine.calls.outcomes import Answer
from workflows.engine.calls.pictures import keep_pictures
from workflows.engine.state.entered_runs import RUN_AHEAD
from workflows.engine.state.failures import problem_from_error
from workflows.gateway.prices import Price
from workflows.models import Call

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


@dataclass(frozen=True, slots=True)
class ModelJob:
    """Job of one model call."""

    claim: outbox.Claim
    call: Call
    api_key: str | None
    price: Price | None = None  # that of the routing table, instead of the listed one

    @property
    def reads(self) -> tuple[ReadAhead, UUID]:
        return RUN_AHEAD, self.call.run_id

    async def perform(self) -> Answer:
        """Ask the model and return its answer, or its failure as an answer."""
        began = time.monotonic()
        try:
            call = self.call
            done = await gateway.complete(
                call.name, call.request, api_key=self.api_key, price=self.price
            )
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
    """Job of one tool call. ``proposal`` is the action that it is; None where it only reads."""

    claim: outbox.Claim
    call: Call
    request: tools.ToolRequest
    proposal: Proposal | None

    @property
    def reads(self) -> tuple[ReadAhead, UUID]:
        return RUN_AHEAD, self.call.run_id

    async def perform(self) -> Answer:
        """Call the tool and return its answer, its failure, or that its effect is in doubt."""
        answer = await self._call()
        request = self.request
        return replace(answer, formers=tuple(request.formers), pictures=tuple(request.pictures))

    async def _call(self) -> Answer:
        began = time.monotonic()
        try:
            response = await tools.carry_out(self.request)
        except tools.ToolAsks as error:
            return outcomes.asking_answer(error, _elapsed_millis(began))
        except tools.ToolFailed as error:
            return outcomes.failed_answer(error, _elapsed_millis(began))
        except tools.ToolInDoubt as error:
            return replace(outcomes.failed_answer(error, _elapsed_millis(began)), doubt=True)
        except Exception as error:  # the tool may have been asked before this broke
            problem = problem_from_error(error, f"the call {self.call.pk} of {self.call.name}")
            return Answer(None, _elapsed_millis(began), problem=problem, doubt=True)
        return Answer(response, _elapsed_millis(began))

    def store_result(self, outcome: object) -> outbox.Job | None:
        """Journal the result with its pictures and advance the run."""
        assert isinstance(outcome, Answer)
        if outcome.pictures:
            keep_pictures(self.call, outcome.pictures)
        return _store_answer(self.call, outcome, self.proposal)

    def reload(self) -> "ToolJob":
        """Return the job with its call and its proposal read anew."""
        if self.proposal is None:
            return replace(self, call=_reread_call(self.call))
        rows = Proposal.objects.select_related("tool", "item")
        return replace(self, call=_reread_call(self.call), proposal=rows.get(pk=self.proposal.pk))


@dataclass(frozen=True, slots=True)
class AnsweredJob:
    """Job of a call that is not made: it can't be, or the answer to its question is kept."""

    claim: outbox.Claim
    call: Call
    answer: Answer

    async def perform(self) -> Answer:
        """Return the answer without a call."""
        return self.answer

    def store_result(self, outcome: object) -> outbox.Job | None:
        """Journal the answer and advance the run."""
        assert isinstance(outcome, Answer)
        return _store_answer(self.call, outcome, None)

    def reload(self) -> "AnsweredJob":
        """Return the job with its call read anew."""
        return replace(self, call=_reread_call(self.call))


def _reread_call(call: Call) -> Call:
    return Call.objects.select_related("step").get(pk=call.pk)


def _elapsed_millis(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
