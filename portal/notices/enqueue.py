"""Enqueueing of a notice: its row, and the outbox row that sends it."""

from uuid import UUID

from audit import outbox
from portal.notices.models import Notice
from tenants import clock

TOPIC = "notice.send"


def enqueue_notice(
    kind: str, *, key: str, to: str, object_id: UUID, person: UUID | None = None
) -> Notice:
    """Enqueue a notice in the current tenant, once for each key, and return it.

    With ``person`` it goes by the channel that the person chose; else it is a mail to ``to``.
    """
    notice, made = Notice.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "to": to,
            "object_id": object_id,
            "person_id": person,
            "owed_at": clock.now(),
        },
    )
    if made:
        outbox.enqueue(TOPIC, notice.pk)
    return notice
