"""Tries of deployments are begun by the workers' clock threads, and asked on their event loop.

A row of the outbox belongs to a tenant: it is claimed by that tenant's turn, share and limits, and
handled in its scope. A try belongs to the provider, who may have no client yet. So its own row is
the queue, as those of the schedules are: every worker looks each second for one that waits. The
update that sets ``begun_at`` is the claim, so one worker asks the model, once. Where that worker
ends before the answer, the try is over: asking again would cost again.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connections

from audit.worker import inflight
from tenants import clock
from tenants.models import Provider
from workflows import gateway
from workflows.exceptions import causes
from workflows.exceptions.causes import Cause
from workflows.gateway import requirements
from workflows.gateway.prices import Price
from workflows.models import DeploymentTry
from workflows.routing.selectors import table_of
from workflows.routing.tries.advice import advice_on
from workflows.routing.tries.question import REQUEST, SECONDS, misfit_of

log = logging.getLogger(__name__)

EVERY = 1.0  # seconds between two looks
LONGEST = SECONDS * 1.5  # for a question that was sent again in another shape
LOST_AFTER = timedelta(seconds=LONGEST * 2)
UNTAKEN_AFTER = timedelta(minutes=10)
LONGEST_ANSWER = 500  # characters that are kept

LOST = "The answer was lost: the worker that asked ended, or could not store it."
UNTAKEN = "No worker took it for ten minutes, so the model was not asked."
SLOW = f"The model did not answer within {LONGEST:.0f} seconds."
UNFORESEEN = "Something unforeseen went wrong. The workers' log has the details."


@dataclass(frozen=True, slots=True)
class TryOutcome:
    """Outcome of a try: a completion, or the error instead of it, and how long it took."""

    millis: int
    done: gateway.Completion | None = None
    error: Exception | None = None


def begin_tries() -> None:
    """End the tries that were lost, claim those that wait, and launch their calls.

    Safe to do in many workers at once: each try goes to one of them.
    """
    now = clock.now()
    still_open = DeploymentTry.objects.filter(ended_at=None)
    for one in still_open:
        if one.begun_at is not None:
            if one.begun_at < now - LOST_AFTER:
                _end(one, problem=LOST)
        elif one.asked_at < now - UNTAKEN_AFTER:
            # Whoever asked is gone, and would not expect that it is paid for now.
            _end(one, problem=UNTAKEN, cost_micros=0)
        elif still_open.filter(pk=one.pk, begun_at=None).update(begun_at=now):
            asyncio.run_coroutine_threadsafe(_carry(one, _own_price(one.name)), inflight.loop())


def _own_price(name: str) -> Price | None:
    """Return the price that the table that holds gives a deployment; None for the listed one."""
    table = table_of(Provider.objects.first())
    found = table.deployments.get(name) if table else None
    return found.price if found and found.price_in is not None else None


async def _carry(asked: DeploymentTry, price: Price | None) -> None:
    """Ask the model and store what came of it."""
    done, failure, began = None, None, time.monotonic()
    try:
        await asyncio.to_thread(requirements.load_libraries, asked.name)
        began = time.monotonic()  # the first import took seconds that are none of the model's
        asking = gateway.complete(asked.name, REQUEST, price=price)
        done = await asyncio.wait_for(asking, LONGEST)
    except Exception as error:
        failure = error
    millis = round((time.monotonic() - began) * 1000)
    await asyncio.to_thread(_store, asked, TryOutcome(millis, done, failure))


def _store(asked: DeploymentTry, outcome: TryOutcome) -> None:
    try:
        _end(asked, **columns_of(asked.name, outcome))
    except Exception:
        log.exception("the try of %s could not be stored", asked.name)
    finally:
        connections.close_all()


def columns_of(name: str, outcome: TryOutcome) -> dict[str, Any]:
    """Return the columns of a try's row by its outcome."""
    made: dict[str, Any] = {"millis": outcome.millis, "provider": requirements.provider_of(name)}
    if outcome.done is not None:
        return made | _answer_columns(outcome.done)
    if isinstance(outcome.error, gateway.ModelFailed):
        return made | _failure_columns(name, outcome.error)
    if isinstance(outcome.error, TimeoutError):
        advice = advice_on(name, cause=Cause.MODEL_DOWN, kind="timeout", problem=SLOW)
        return made | {"problem": SLOW, "advice": advice}
    log.error("the try of %s failed", name, exc_info=outcome.error)
    return made | {"problem": UNFORESEEN}


def _answer_columns(done: gateway.Completion) -> dict[str, Any]:
    problem = gateway.completion_problem(done, REQUEST["max_tokens"])
    usage = done.usage
    return {
        "problem": problem,
        "answer": done.text[:LONGEST_ANSWER],
        "misfit": "" if problem else misfit_of(done.text),
        "served": done.model[:200],
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "cache_read": usage.cache_read,
        "cache_write": usage.cache_write,
        "reasoning": usage.reasoning,
        "cost_micros": done.cost_micros,
    }


def _failure_columns(name: str, error: gateway.ModelFailed) -> dict[str, Any]:
    said = str(error)
    cause = causes.model_cause(error.kind, error.http_status, said)
    missing = requirements.missing_variables(name)
    advice = advice_on(name, cause=cause, kind=error.kind, problem=said, missing=missing)
    return {
        "problem": said,
        "advice": advice,
        "cost_micros": None if error.may_cost else 0,
    }


def _end(asked: DeploymentTry, **columns: Any) -> None:
    """Store the end of a try, unless it has one."""
    rows = DeploymentTry.objects.filter(pk=asked.pk, ended_at=None)
    rows.update(ended_at=clock.now(), **columns)
