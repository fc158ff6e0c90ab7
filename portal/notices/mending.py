"""Telling the provider's staff of exceptions that are theirs to mend, before the client's people.

Staff are told within a minute, of each cause at most once an hour. The client's people are
told of such an exception once it has stood for ``PATIENCE``, and at once where nobody of the
provider is there to be told.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models.fields.json import KT

from approvals.models import ReviewItem
from portal.notices.enqueue import enqueue_notice
from portal.notices.models import Notice, Told
from portal.notices.telling import note_told
from tenants import clock, roster
from tenants.models import User
from workflows.exceptions.causes import Cause
from workflows.exceptions.selectors import for_staff

PATIENCE = timedelta(hours=2)
AGAIN = timedelta(hours=1)  # between two mails about one cause
MOST = 500


class One(NamedTuple):
    """An exception that is the provider's."""

    id: UUID
    opened_at: datetime
    cause: Cause


def tell_staff() -> set[UUID]:
    """Owe staff the mails about what is new to them. Gives what the client is not told of yet."""
    # The newest of them: what stands long was told of, and must not hide what is new.
    found = for_staff(ReviewItem.objects.all()).order_by("-opened_at", "-id")
    rows = found.values_list("id", "opened_at", KT("draft__cause"))[:MOST]
    stuck = [One(pk, at, Cause(cause)) for pk, at, cause in rows][::-1]
    staff = [one.user for one in roster.exception_staff()] if stuck else []
    if not staff:
        return set()
    now = clock.now()
    told = Told.objects.filter(item_id__in=[one.id for one in stuck], person__in=staff)
    known = set(told.values_list("item_id", "person_id"))
    lately = _lately(now)
    for user in staff:
        new = [one for one in stuck if (one.id, user.pk) not in known]
        for cause in dict.fromkeys(one.cause for one in new):
            if (cause, user.email) not in lately:
                _tell(user, [one for one in new if one.cause is cause])
    return {one.id for one in stuck if one.opened_at > now - PATIENCE}


def _lately(now: datetime) -> set[tuple[Cause, str]]:
    """Which address had a mail about which cause within the time before."""
    rows = Notice.objects.filter(kind="mend", owed_at__gt=now - AGAIN)
    return {(cause_of(key), to) for key, to in rows.values_list("key", "to")}


def _tell(user: User, new: list[One]) -> None:
    first = new[0]
    key = f"mend:{first.cause.value}:{first.id}:{user.pk}"
    notice = enqueue_notice("mend", key=key, to=user.email, object_id=first.id)
    note_told(notice, user.pk, [one.id for one in new])


def cause_of(key: str) -> Cause:
    """The cause that the key of a notice to staff names."""
    return Cause(key.split(":")[1])
