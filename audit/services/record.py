"""Events are written to the record in the transaction of the act they tell of."""

from typing import Any
from uuid import UUID

from django.db import models, transaction

from audit.models import Event
from audit.request_context import request_id
from audit.verbs import Verb
from tenants import clock
from tenants.actors import Actor
from tenants.db import unit_of_work
from tenants.db.sql import NewRow
from tenants.ids import uuid7
from tenants.scope import current_tenant_id


def record(
    verb: Verb,
    obj: models.Model,
    *,
    actor: Actor,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Write one event about ``obj`` in the current transaction.

    Raises RuntimeError outside of a transaction, because the event must be committed or rolled back
    together with the act.
    """
    _write(event_row(verb, obj, actor=actor, before=before, after=after, reason=reason))


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
) -> None:
    """Write one event about an object that is known by kind, id and label only.

    Raises RuntimeError outside of a transaction, as ``record`` does.
    """
    _write(_row(verb, (kind, object_id, label), actor, before, after, reason))


def event_row(
    verb: Verb,
    obj: models.Model,
    *,
    actor: Actor,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> NewRow:
    """Return the row of one event about ``obj``, for an act that inserts it with its own row.

    Raises RuntimeError outside of a transaction, as ``record`` does.
    """
    about = (obj._meta.model_name or "", obj.pk, str(obj))
    return _row(verb, about, actor, before, after, reason)


def _write(event: NewRow) -> None:
    model, values = event
    unit_of_work.insert_row(model, **values)


def _row(
    verb: Verb,
    about: tuple[str, UUID, str],
    actor: Actor,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    reason: str,
) -> NewRow:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An event is written in its act's transaction: open a scope first.")
    kind, object_id, label = about
    values = {
        "id": uuid7(),
        "tenant_id": current_tenant_id(),
        "at": clock.now(),
        "verb": verb,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_label": actor.label,
        "object_kind": kind,
        "object_id": object_id,
        "object_label": label[:200],
        "before": before,
        "after": after,
        "reason": reason,
        "request_id": request_id.get(),
    }
    return Event, values
