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
from workflows.definitions import durations
from workflows.engine.calls import repairs
from workflows.engine.state.context import Context
from workflows.models import Call, KeptAnswer

SAID = "an answer to the same question, used again"


def reuse_of(context: Context, step: str) -> timedelta | None:
    """Return for how long a step's answers are used again; None where they never are."""
    settings = context.definition.step(step).settings
    text = getattr(settings, "reuse", "")
    return durations.span(text) if text else None


def find_kept(context: Context, call: Call) -> dict[str, Any] | None:
    """Return the kept answer to a call's question, and note it in the journal; None without one.

    No query is made where the step keeps none.
    """
    if reuse_of(context, call.step.name) is None:
        return None
    key = _key(context, call)
    found = KeptAnswer.objects.filter(key=key, expires_at__gt=clock.now()).first()
    if found is None:
        return None
    why = f"{SAID}. {call.why}"[:200]
    unit_of_work.update(call, {"reused_from": found.call_id, "why": why})
    answer: dict[str, Any] = found.response
    return answer


def keep_answer(context: Context, call: Call, response: dict[str, Any]) -> None:
    """Keep an answer that fitted, for as long as the step says; in place of an older one."""
    reuse = reuse_of(context, call.step.name)
    if reuse is None or call.reused_from is not None:
        return
    now = clock.now()
    KeptAnswer.objects.filter(expires_at__lte=now).delete()
    KeptAnswer.objects.update_or_create(
        key=_key(context, call),
        defaults={"call_id": call.pk, "response": response, "expires_at": now + reuse},
    )


def _key(context: Context, call: Call) -> str:
    """Return what makes a question the same: version, step, model, and all that is sent."""
    # A repaired answer is one to the question itself, which is asked first the next time.
    question = repairs.plain_question(call.request)
    asked = [str(context.run.version_id), call.step.name, call.name, question]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
