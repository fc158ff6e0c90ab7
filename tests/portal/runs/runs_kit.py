"""Runs to look at."""

from approvals.decisions.services import Choice, decide
from approvals.models import ReviewItem
from audit import outbox
from tenants.scope import tenant_scope
from tests.world import REQUEST, Client
from workflows.models import Run
from workflows.services.runs import start_run


def run_of(client: Client, **more: str) -> Run:
    """A run that waits for review."""
    with tenant_scope(client.tenant.pk):
        asked = {**REQUEST, **more}
        run, _ = start_run(client.workflow, input=asked, trigger="api", actor=client.actor())
        outbox.drain()
        return Run.objects.get(pk=run.pk)


def decide_on(client: Client, run: Run, choice: str, **more: str) -> None:
    with tenant_scope(client.tenant.pk):
        item = ReviewItem.objects.get(run_id=run.pk, status="waiting")
        decide(item.pk, Choice(choice, item.content_hash, **more), actor=client.actor())
        outbox.drain()
