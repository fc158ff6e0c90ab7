"""Writing the record."""

from typing import Any
from uuid import UUID

from django.db import models, transaction

from audit.context import request_id
from audit.models import Event
from audit.verbs import Verb
from tenants import writing
from tenants.actors import Actor


def record(
    verb: Verb,
    obj: models.Model,
    *,
    actor: Actor,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> Event:
    """Write one event about ``obj`` in the act's own transaction.

    Raises RuntimeError outside a transaction: an event that could survive its act,
    or be lost without it, is no record.
    """
    return record_about(
        verb,
        kind=obj._meta.model_name or "",
        object_id=obj.pk,
        label=str(obj),
        actor=actor,
        before=before,
        after=after,
        reason=reason,
    )


def record_about(
    verb: Verb,
    *,
    kind: str,
    object_id: UUID,
    label: str,
    actor: Actor,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> Event:
    """Like ``record``, where the object itself is not at hand."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An event is written in its act's transaction: open a scope first.")
    event = Event(
        verb=verb,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        object_kind=kind,
        object_id=object_id,
        object_label=label[:200],
        before=before,
        after=after,
        reason=reason,
        request_id=request_id.get(),
    )
    writing.insert(event)
    return event
