"""Weeks of a client's past, made by running its workflow under a moved clock."""

from datetime import UTC, datetime, timedelta

from approvals.decisions.services import Choice, decide
from approvals.models import ReviewItem
from audit import outbox
from tenants import clock
from tenants.scope import tenant_scope
from tests.world import REQUEST, Client
from workflows.services.definitions import change_rung
from workflows.services.runs import start_run

MONDAY = datetime(2026, 11, 9, 10, tzinfo=UTC)
REPORT_DAY = datetime(2026, 11, 16, 7, 5, tzinfo=UTC)


def drafts_only(client: Client, actor: object) -> None:
    """Let the client's workflow draft and do nothing else: no shop is listening."""
    with tenant_scope(client.tenant.pk):
        change_rung(client.workflow, rung="draft_only", actor=actor)  # type: ignore[arg-type]


def item(client: Client, moment: datetime, subject: str = "Broken lamp") -> ReviewItem:
    """One item that waits from ``moment`` on."""
    with clock.at(moment), tenant_scope(client.tenant.pk):
        request = {**REQUEST, "subject": subject}
        run, _ = start_run(client.workflow, input=request, trigger="api", actor=client.actor())
        outbox.drain(client.tenant.pk)
        return ReviewItem.objects.get(run_id=run.pk)


def decided(
    client: Client,
    choice: str,
    moment: datetime,
    *,
    subject: str = "Broken lamp",
    reason: str = "",
    words: str = "",
    draft: str | None = None,
) -> ReviewItem:
    """One item, decided an hour after it was opened at ``moment``."""
    found = item(client, moment, subject)
    with clock.at(moment + timedelta(hours=1)), tenant_scope(client.tenant.pk):
        chosen = Choice(choice, found.content_hash, reason=reason, words=words, draft=draft)
        decide(found.pk, chosen, actor=client.actor())
        outbox.drain(client.tenant.pk)
    return found
