"""Mail state: whether mails of some clients go out, and how many wait or failed.

The state is computed from the notices, so that showing a page calls no mail server.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from portal.notices.models import Notice
from tenants import clock
from tenants.mail.smtp import NOT_REACHED

ERRNO = re.compile(r"\[Errno -?\d+\] ")  # as Python puts it before the message
LATELY = timedelta(days=7)
SOON = timedelta(minutes=2)  # a mail enqueued longer ago should be out
UNREACHED = Q(status__in=("owed", "sending", "failed"), problem__startswith=NOT_REACHED)
TO_MEND = (
    "Check HANDRAIL_SMTP_HOST, _PORT, _USER and _PASSWORD and the mail server, then run "
    "“manage.py doctor”. What waits is tried again by itself."
)


@dataclass(frozen=True, slots=True)
class Mails:
    """Mail counts of one client: how many wait, failed, or are in doubt.

    ``invitations`` counts those among them whose link can be given to the person by hand.
    """

    waiting: int = 0
    failed: int = 0
    in_doubt: int = 0
    invitations: int = 0

    @property
    def sentence(self) -> str:
        """The counts as a sentence; empty where all mails are out."""
        found = (
            (self.waiting, "waiting"),
            (self.failed, "not sent"),
            (self.in_doubt, "perhaps not sent"),
        )
        said = ", ".join(f"{number} {what}" for number, what in found if number)
        return f"Mails of the last 7 days: {said}." if said else ""


NO_MAILS = Mails()


@dataclass(frozen=True, slots=True)
class MailState:
    """State of outgoing mail. Where mail fails, ``since`` is set and ``problem`` says why."""

    sent_at: datetime | None = None
    since: datetime | None = None
    problem: str = ""
    clients: dict[UUID, Mails] = field(default_factory=dict)

    @property
    def mend(self) -> str:
        """Advice for the failure; empty where mail goes out."""
        return TO_MEND if self.since else ""


def of_clients(ids: Collection[UUID]) -> MailState:
    """Return the mail state of these clients. Two queries, one more where mail fails."""
    now = clock.now()
    lately = Notice.objects.across().filter(tenant_id__in=ids, owed_at__gte=now - LATELY)
    sent = lately.filter(channel="mail").aggregate(at=Max("sent_at"))["at"]
    rows = list(_counted(lately, sent, now))
    since = min((row["since"] for row in rows if row["since"]), default=None)
    return MailState(
        sent_at=sent,
        since=since,
        problem=_problem(lately) if since else "",
        clients={
            row["tenant_id"]: Mails(
                row["waiting"], row["failed"], row["in_doubt"], row["invitations"]
            )
            for row in rows
        },
    )


def _counted(lately: QuerySet[Notice], sent: datetime | None, now: datetime) -> Iterable[Any]:
    """Return a row of counts for each client, and since when its mail reached no server."""
    tried = Q(status="owed") & ~Q(problem="")
    # A notice that became needless was never given to a mail server, and has no channel.
    failed = Q(status="failed", channel="mail")
    # Only an unreached server counts: its refusal of one mail says nothing of the next.
    down = UNREACHED & (Q(owed_at__gt=sent) if sent else Q())
    waits = tried | Q(status="owed", owed_at__lt=now - SOON)
    in_doubt = Q(status="in_doubt", channel="mail")
    counted = lately.order_by().values("tenant_id")
    return counted.annotate(
        waiting=Count("id", filter=waits),
        failed=Count("id", filter=failed),
        in_doubt=Count("id", filter=in_doubt),
        invitations=Count("id", filter=(waits | failed | in_doubt) & Q(kind="invitation")),
        since=Min("owed_at", filter=down),
    )


def _problem(lately: QuerySet[Notice]) -> str:
    """Return why the newest of the mails that reached no server failed, as a sentence."""
    newest = lately.filter(UNREACHED).order_by("-owed_at").values_list("problem", flat=True)
    said = ERRNO.sub("", newest.first() or "").rstrip(".")
    return f"{said}." if said else ""
