"""Writing down that a mail is owed."""

from uuid import UUID

from audit import outbox
from portal.notices.models import Notice
from tenants import clock

TOPIC = "notice.send"


def enqueue_notice(
    kind: str, *, key: str, to: str, object_id: UUID, person: UUID | None = None
) -> Notice:
    """Owe one notice in the tenant of the scope; the same key owes it only once.

    With ``person`` it goes the way that person chose; else it is a mail.
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
