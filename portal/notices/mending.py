"""Notices to the provider's staff about exceptions that they must fix, before the client's people.

Staff get a mail within a minute, at most one an hour for each cause. The client's people get
a notice once the exception has waited for ``PATIENCE``, and at once where no such staff is
assigned.
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
    """Exception that the provider's staff must fix."""

    id: UUID
    opened_at: datetime
    cause: Cause


def tell_staff() -> set[UUID]:
    """Enqueue the mails to staff about new exceptions.

    Return the ids of the exceptions that the client's people get no notice of yet.
    """
    # The newest MOST: staff had a mail about old ones, which must not crowd out new ones.
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
    """Return the causes and addresses of the mails to staff within the last hour."""
    rows = Notice.objects.filter(kind="mend", owed_at__gt=now - AGAIN)
    return {(cause_of(key), to) for key, to in rows.values_list("key", "to")}


def _tell(user: User, new: list[One]) -> None:
    first = new[0]
    key = f"mend:{first.cause.value}:{first.id}:{user.pk}"
    notice = enqueue_notice("mend", key=key, to=user.email, object_id=first.id)
    note_told(notice, user.pk, [one.id for one in new])


def cause_of(key: str) -> Cause:
    """Return the cause from the key of a notice to staff."""
    return Cause(key.split(":")[1])
