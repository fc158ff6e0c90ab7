"""Jobs of calls: whatever happens while a call is made becomes its answer."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import sentinel

import pytest

from tenants.ids import uuid7
from workflows import gateway
from workflows.engine.calls.jobs import AnsweredJob, ModelJob
from workflows.engine.calls.outcomes import Answer
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.gateway import Completion, ModelFailed
from workflows.gateway.prices import Price, flat_price
from workflows.gateway.usage import Usage
from workflows.models import Call

PRICE = flat_price(1e-06, 1e-06)


def job(price: Price | None = None) -> ModelJob:
    call = Call(tenant_id=uuid7(), kind="model", name="openai/own", request={"max_tokens": 10})
    return ModelJob(sentinel.claim, call, "sk-own", price)


def performed(one: ModelJob | AnsweredJob) -> Answer:
    """The answer of a job; in a thread, as a browser's event loop may run in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, one.perform()).result()


def answered(monkeypatch: pytest.MonkeyPatch, outcome: Any) -> dict[str, Any]:
    """Let the gateway answer so; what it was given."""
    given: dict[str, Any] = {}

    async def complete(model: str, request: Any, **more: Any) -> Completion:
        given.update(more, model=model)
        if isinstance(outcome, Exception):
            raise outcome
        done: Completion = outcome
        return done

    monkeypatch.setattr(gateway, "complete", complete)
    return given


def test_a_model_is_asked_with_the_tenants_key_and_the_tables_price(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = answered(monkeypatch, Completion("Hi.", "own", Usage(1, answer=2), 3))
    answer = performed(job(PRICE))
    assert given == {"model": "openai/own", "api_key": "sk-own", "price": PRICE}
    assert (answer.response, answer.cost_micros) == ({"text": "Hi.", "model": "own"}, 3)


@pytest.mark.parametrize(
    ("error", "kind", "cost"),
    [
        (
            ModelFailed("Busy.", retryable=True, kind="rate_limited", http_status=429),
            "rate_limited",
            0,
        ),
        (ModelFailed("Lost.", retryable=True, may_cost=True), "unavailable", None),
        (RuntimeError("a bug of ours"), "refused", None),
    ],
)
def test_a_failure_is_an_answer_and_costs_nothing_only_where_that_is_known(
    monkeypatch: pytest.MonkeyPatch, error: Exception, kind: str, cost: int | None
) -> None:
    answered(monkeypatch, error)
    answer = performed(job())
    assert (answer.response, answer.kind, answer.cost_micros) == (None, kind, cost)
    assert answer.problem


def test_a_call_that_can_not_be_made_says_why() -> None:
    problem = CausedProblem("There is no secret called shop.", Cause.CODE)
    answer = performed(
        AnsweredJob(sentinel.claim, Call(tenant_id=uuid7()), Answer(None, 0, problem=problem))
    )
    assert (answer.problem, answer.millis, answer.cost_micros) == (problem, 0, 0)
