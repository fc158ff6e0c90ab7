"""What runs wait for, read for one of them or a page of them."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import outbox
from audit.models import Outbox
from audit.worker import concurrency
from tenants import clock
from tenants.scope import tenant_scope
from tests.lanes import NOON
from tests.workflows.definition_kit import REPLY, definition
from tests.workflows.waiting.reasons_kit import begin
from tests.world import REQUEST, Client, World, make_world
from workflows.models import Circuit, Run
from workflows.services.definitions import make_workflow, pause
from workflows.services.runs import pause_run, start_run
from workflows.waiting.selectors import reasons_of_runs

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[World]:
    with clock.at(NOON):
        yield make_world()


def reasons(client: Client, run: Run) -> list[str]:
    with tenant_scope(client.tenant.pk):
        found = Run.objects.select_related("workflow").get(pk=run.pk)
        return [one.why for one in reasons_of_runs([found], names=True).get(run.pk, [])]


def test_a_run_that_waits_for_people_names_them(world: World) -> None:
    client = world.harbor
    (run,) = begin(client)
    with tenant_scope(client.tenant.pk):
        outbox.drain()
    (why,) = reasons(client, run)
    assert why.startswith("Waits for a decision by Approver Harbor & Pine or Owner Harbor & Pine")


def test_a_pause_of_the_run_and_of_the_workflow_is_said(world: World) -> None:
    client = world.harbor
    (run,) = begin(client)
    with tenant_scope(client.tenant.pk):
        pause(client.workflow, actor=client.actor())
    assert reasons(client, run) == ["Refund replies is paused."]
    with tenant_scope(client.tenant.pk):
        pause_run(run.pk, actor=client.actor())
    assert reasons(client, run) == ["It is paused."]


def test_a_run_at_a_limit_says_which(world: World, settings: object) -> None:
    client = world.harbor
    with tenant_scope(client.tenant.pk):
        steps = REPLY
        workflow = make_workflow(
            text=definition(steps, at_once="1"), owner=client.owner, actor=world.staff(client)
        )
        key = f"lane:{workflow.pk}"
        flying = outbox.enqueue_claimed("run.advance", workflow.pk, limits=(outbox.Limit(key, 1),))
        run, _ = start_run(workflow, input=REQUEST, trigger="api", actor=client.actor())
        outbox.drain()
    assert reasons(client, run) == [
        "Waits for its turn: 1 of 1 calls of this workflow are in flight."
    ]
    with tenant_scope(client.tenant.pk):
        assert outbox.complete(flying)
        concurrency.wake_waiting(flying.limits, after=flying.tenant_id)
        outbox.drain()
        assert Run.objects.get(pk=run.pk).status == "waiting"
        assert not Outbox.objects.filter(waits_for=key).exists()


def test_a_call_that_is_held_says_until_when(world: World) -> None:
    client = world.harbor
    with tenant_scope(client.tenant.pk):
        now = clock.now()
        Circuit.objects.create(
            kind="model",
            name="offline/extractive",
            failures=5,
            failed_at=now,
            opens=1,
            opened_at=now,
        )
    (run,) = begin(client)
    with tenant_scope(client.tenant.pk):
        outbox.drain()
    (why,) = reasons(client, run)
    assert why == "Held: offline/extractive failed 5 times, tried again at 12:00."


def test_waits_for_time_and_for_events_are_said(world: World) -> None:
    client = world.harbor
    steps = "\n  - {name: a, wait: {for: 2h}}\n  - {name: b, wait: {event: paid, deadline: 3d}}\n"
    with tenant_scope(client.tenant.pk):
        workflow = make_workflow(
            text=definition(steps), owner=client.owner, actor=world.staff(client)
        )
        run, _ = start_run(workflow, input=REQUEST, trigger="api", actor=client.actor())
        outbox.drain()
    assert reasons(client, run) == [
        "Waits until 14:00.",
        "Waits for the event paid, until Fri 12:00.",
    ]


def test_a_list_of_runs_asks_as_much_for_twenty_as_for_two(world: World) -> None:
    client = world.harbor

    def questions(runs: list[Run]) -> int:
        with tenant_scope(client.tenant.pk), CaptureQueriesContext(connection) as asked:
            reasons_of_runs(runs)
        return len(asked)

    runs = begin(client, 20)
    assert questions(runs[:2]) == questions(runs) <= 10
