"""Runs of a client that wait for their turn."""

from tenants.scope import tenant_scope
from tests.world import REQUEST, Client
from workflows.models import Run
from workflows.services.runs import start_run


def begin(client: Client, count: int = 1, *, trigger: str = "api") -> list[Run]:
    with tenant_scope(client.tenant.pk):
        return [
            start_run(client.workflow, input=REQUEST, trigger=trigger, actor=client.actor())[0]
            for _ in range(count)
        ]
