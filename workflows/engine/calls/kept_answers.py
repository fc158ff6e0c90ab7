"""Answers of models that are kept, and used again for the very same question.

Only where a step asks for it with ``reuse``, and only within one version of one client's workflow.
An answer that is used again costs nothing, and its journal entry says where it came from.
"""

import hashlib
import json
from datetime import timedelta
from typing import Any

from tenants import clock
from tenants.db import unit_of_work
from workflows.budgets import reservations
from workflows.definitions import durations
from workflows.engine.calls import repairs
from workflows.engine.calls.outcomes import Answer
from workflows.engine.state.context import Context
from workflows.models import Call, KeptAnswer

SAID = "an answer to the same question, used again"


def reuse_of(context: Context, step: str) -> timedelta | None:
    """Return for how long a step's answers are used again; None where they never are.

    A sealed run neither uses kept answers nor keeps its own.
    """
    if context.run.is_sealed:
        return None
    settings = context.definition.step(step).settings
    text = getattr(settings, "reuse", "")
    return durations.span(text) if text else None


def find_kept(
    context: Context, step: str, model: str, request: dict[str, Any]
) -> KeptAnswer | None:
    """Return the kept answer to a question of a step; None without one.

    No query is made where the step keeps none.
    """
    if reuse_of(context, step) is None:
        return None
    key = _key(context, step, model, request)
    return KeptAnswer.objects.filter(key=key, expires_at__gt=clock.now()).first()


def reuse(call: Call, kept: KeptAnswer) -> Answer:
    """Note in a call's journal entry that a kept answer is used again, and return the answer."""
    if call.reused_from is None:
        why = f"{SAID}. {call.why}"[:200]
        unit_of_work.update(call, {"reused_from": kept.call_id, "why": why})
    return Answer(kept.response, 0)


def undo_reuse(call: Call) -> None:
    """Take the note of ``reuse`` out of a call's journal entry: its model is asked after all."""
    why = call.why.removeprefix(f"{SAID}. ")
    unit_of_work.update(call, {"reused_from": None, "why": why})


def keep_answer(context: Context, call: Call, response: dict[str, Any]) -> None:
    """Keep an answer that fitted, for as long as the step says; in place of an older one."""
    span = reuse_of(context, call.step.name)
    if span is None or call.reused_from is not None:
        return
    delete_expired()
    KeptAnswer.objects.update_or_create(
        key=_key(context, call.step.name, call.name, call.request),
        defaults={"call_id": call.pk, "response": response, "expires_at": clock.now() + span},
    )


def delete_expired() -> None:
    """Delete the client's answers that are kept no longer."""
    # A transaction may keep several answers, and another one the same ones in another order.
    reservations.lock_amounts()
    KeptAnswer.objects.filter(expires_at__lte=clock.now()).delete()


def _key(context: Context, step: str, model: str, request: dict[str, Any]) -> str:
    """Return what makes a question the same: version, step, model, and all that is sent."""
    # A repaired answer is one to the question itself, which is asked first the next time.
    question = repairs.plain_question(request)
    asked = [str(context.run.version_id), step, model, question]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
