"""Selectors of the provider's desk: counts of every assigned client, read-only.

The connection's role sees only the clients that the person is assigned to. Each count is
one query, however many clients there are.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Min,
    Q,
    QuerySet,
    Value,
)
from django.db.models.fields.json import KT

from approvals.models import ReviewItem
from audit.worker import backlog
from portal.desk import mail_state
from portal.desk.mail_state import NO_MAILS, Mails, MailState
from tenants import clock
from tenants.models import Source, Tenant, User
from tenants.scope import person_scope
from workflows.exceptions.cause_table import WORDS
from workflows.exceptions.causes import Cause, CausePage
from workflows.exceptions.selectors import for_staff
from workflows.models import Mailbox, Run, Workflow

WEEK = timedelta(days=7)
# Page inside a client where a cause is fixed.
PATHS = {
    CausePage.SETTINGS: "admin/",
    CausePage.SECRETS: "admin/tenants/secret/",
    CausePage.TOOLS: "admin/approvals/tool/",
    CausePage.SERVERS: "tool-servers/",
    CausePage.WORKFLOW: "workflows/",
    CausePage.RUN: "exceptions/",
    CausePage.BUDGETS: "budgets/",
}


@dataclass(frozen=True, slots=True)
class Client:
    """Counts of one client, as the desk shows them."""

    tenant: Tenant
    waiting: int = 0
    overdue: int = 0
    oldest_due: datetime | None = None
    exceptions: int = 0
    stale: int = 0
    failed: int = 0
    paused: int = 0
    mailboxes: int = 0
    queued: int = 0
    flying: int = 0
    held: int = 0
    ready_since: datetime | None = None
    mending: tuple["Mending", ...] = ()
    mails: Mails = NO_MAILS

    @property
    def has_work(self) -> bool:
        """Whether the client has calls in flight, or jobs ready or waiting for capacity."""
        return bool(self.queued or self.flying or self.held)

    @property
    def needs_us(self) -> bool:
        """Whether the client has a problem that the provider should look at."""
        wrong = self.overdue or self.exceptions or self.stale or self.failed
        others = self.mails.failed or self.mails.in_doubt
        return bool(wrong or self.paused or self.mailboxes or self.tenant.is_stopped or others)


@dataclass(frozen=True, slots=True)
class Mending:
    """Exceptions of one client and one cause that the provider must fix.

    ``path`` is the page inside the client where the cause is fixed.
    """

    count: int
    short: str
    since: datetime
    path: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Clients and mail state, as the desk shows them."""

    clients: list[Client]
    mail: MailState


def assigned(user: User) -> QuerySet[Tenant]:
    """Return the clients that a member of staff is assigned to, by slug."""
    return Tenant.objects.filter(assignments__user=user).order_by("slug")


def clients(user: User, tenants: list[Tenant]) -> list[Client]:
    """Return these clients with their counts, those with problems first."""
    return overview(user, tenants).clients


def overview(user: User, tenants: list[Tenant]) -> Overview:
    """Return these clients with their counts, those with problems first, and the mail state."""
    now, ids = clock.now(), [tenant.pk for tenant in tenants]
    with person_scope(user.pk):
        numbers = [
            _items(ids, now),
            _count(_stale(ids, now), "stale"),
            _count(_failed(ids, now), "failed"),
            _count(_paused(ids), "paused"),
            _count(_mailboxes(ids), "mailboxes"),
            _mending(ids),
        ]
        mail = mail_state.of_clients(ids)
        numbers.append({pk: {"mails": mails} for pk, mails in mail.clients.items()})
    # The wall does not cover the outbox, so only the person's own clients are counted in it.
    own = assigned(user).filter(pk__in=ids).values_list("pk", flat=True)
    numbers.append(backlog.of_tenants(own))
    merged = [
        Client(tenant, **{k: v for found in numbers for k, v in found.get(tenant.pk, {}).items()})
        for tenant in tenants
    ]
    return Overview(sorted(merged, key=lambda client: not client.needs_us), mail)


def _items(ids: list[UUID], now: datetime) -> dict[UUID, dict[str, Any]]:
    is_exception = Q(kind="exception")
    rows = (
        ReviewItem.objects.across()
        .filter(tenant_id__in=ids, status="waiting")
        .order_by()
        .values("tenant_id")
        .annotate(
            waiting=Count("id", filter=~is_exception),
            overdue=Count("id", filter=~is_exception & Q(due_at__lte=now)),
            oldest_due=Min("due_at", filter=~is_exception),
            exceptions=Count("id", filter=is_exception),
        )
    )
    return {row["tenant_id"]: {k: v for k, v in row.items() if k != "tenant_id"} for row in rows}


def _mending(ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the exceptions that the provider must fix, by client and cause, the most first."""
    rows = (
        for_staff(ReviewItem.objects.across().filter(tenant_id__in=ids))
        .order_by()
        .values("tenant_id", cause=KT("draft__cause"))
        .annotate(n=Count("id"), since=Min("opened_at"))
    )
    found: dict[UUID, list[Mending]] = {}
    for row in sorted(rows, key=lambda row: (-row["n"], row["since"])):
        words = WORDS[Cause(row["cause"])]
        one = Mending(row["n"], words.short, row["since"], PATHS[words.page])
        found.setdefault(row["tenant_id"], []).append(one)
    return {pk: {"mending": tuple(those)} for pk, those in found.items()}


def _stale(ids: list[UUID], now: datetime) -> QuerySet[Source]:
    """Return sources past their maximum age or without content: workflows do not use them."""
    age = ExpressionWrapper(
        F("max_age_days") * Value(timedelta(days=1)), output_field=DurationField()
    )
    until = ExpressionWrapper(F("verified_at") + age, output_field=DateTimeField())
    found = Source.objects.across().filter(tenant_id__in=ids).annotate(fresh_until=until)
    return found.filter(Q(fresh_until__lte=now) | Q(verified_at=None))


def _failed(ids: list[UUID], now: datetime) -> QuerySet[Run]:
    return Run.objects.across().filter(tenant_id__in=ids, status="failed", ended_at__gte=now - WEEK)


def _paused(ids: list[UUID]) -> QuerySet[Workflow]:
    return Workflow.objects.across().filter(tenant_id__in=ids, paused_at__isnull=False)


def _mailboxes(ids: list[UUID]) -> QuerySet[Mailbox]:
    """Return mailboxes whose polls failed several times in a row."""
    return Mailbox.objects.across().filter(tenant_id__in=ids, alarmed_at__isnull=False)


def _count(rows: QuerySet[Any], name: str) -> dict[UUID, dict[str, Any]]:
    counted = rows.order_by().values("tenant_id").annotate(n=Count("id"))
    return {row["tenant_id"]: {name: row["n"]} for row in counted}
