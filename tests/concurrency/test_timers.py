"""Timers are rows with a due time: however long, they fire once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from audit import outbox
from audit.models import Outbox
from audit.worker import wakeups
from tenants import clock
from tenants.scope import tenant_scope
from tests.lanes import NOON
from tests.workflows.definition_kit import definition
from tests.world import REQUEST, Client, World, make_world
from workflows.models import Run, StepRun
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

MONTH = timedelta(days=30)
STEPS = """
  - {name: pause, wait: {for: 30d}}
  - {name: more, needs: [pause], wait: {event: paid}}
"""


def waiting_run(world: World, client: Client) -> Run:
    with tenant_scope(client.tenant.pk), wakeups.without_wakeups():
        text = definition(STEPS)
        workflow = make_workflow(text=text, owner=client.owner, actor=world.staff(client))
        run, _ = start_run(workflow, input=REQUEST, trigger="api", actor=client.actor())
    with wakeups.without_wakeups():
        outbox.drain()
    return run


@pytest.mark.usefixtures("committed")
def test_a_wait_of_thirty_days_fires_once_from_its_row() -> None:
    """D6. Longer than any broker keeps a message; delivered eight times at once at the end."""
    with clock.at(NOON):
        world = make_world()
        client = world.harbor
        waiting_run(world, client)
    (row,) = Outbox.objects.filter(topic="run.wake")
    assert row.due_at == NOON + MONTH
    # Nobody is told, and nobody can take it, a moment too early.
    with clock.at(NOON + MONTH - timedelta(microseconds=1)):
        assert row.pk not in outbox.sweep_due().ids
        assert outbox.handle(row.pk) is False

    def deliver(_: int) -> bool:
        try:
            with clock.at(NOON + MONTH), wakeups.without_wakeups():
                return outbox.handle(row.pk)
        finally:
            connections.close_all()

    with clock.at(NOON + MONTH):
        assert outbox.sweep_due().ids == [row.pk]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(deliver, range(8))) == 1
    with tenant_scope(client.tenant.pk):
        assert dict(StepRun.objects.values_list("name", "status")) == {
            "pause": "done",
            "more": "waiting",
        }
    with clock.at(NOON + 2 * MONTH), wakeups.without_wakeups():
        assert deliver(0) is False
        assert outbox.drain() == 0
    assert not Outbox.objects.exists()
