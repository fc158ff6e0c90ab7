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
    record_about(
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
) -> None:
    """Write one event about an object that is known by kind, id and label only.

    Raises RuntimeError outside of a transaction, as ``record`` does.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An event is written in its act's transaction: open a scope first.")
    unit_of_work.insert_row(
        Event,
        id=uuid7(),
        tenant_id=current_tenant_id(),
        at=clock.now(),
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
