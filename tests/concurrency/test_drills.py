"""A drill in real workers: nothing of its sealed runs is seen, and a killed worker does no harm."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from approvals.models import ReviewItem
from audit.models import Event, Outbox
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tenants.services.tenants import stop_everything
from tests.processes import processes, wait_until
from tests.world import Client, make_world
from workflows.drill.services import COMMAND_LINE, TOPIC, rows_of, start_drill
from workflows.engine.calls.outcomes import Answer
from workflows.engine.calls.sealed_answers import SealedQuestion
from workflows.models import Call, Drill, Run, StepRun
from workflows.sealed.play import TOPICS, StopWaits, play
from workflows.sealed.recorded import recorded_world

pytestmark = pytest.mark.usefixtures("committed")


def started(client: Client) -> Drill:
    with tenant_scope(client.tenant.pk):
        return start_drill(client.workflow, actor=COMMAND_LINE)


def now(drill: Drill, client: Client) -> Drill:
    with tenant_scope(client.tenant.pk):
        return Drill.objects.get(pk=drill.pk)


def test_a_drill_goes_on_after_its_worker_was_killed_and_leaves_nothing(tmp_path: Path) -> None:
    client = make_world().harbor
    with processes(tmp_path) as group:
        drill = started(client)
        first = group.worker(threads=1)
        wait_until(lambda: now(drill, client).done >= 1, seconds=60, what="a target is drilled")
        first.kill()
        assert not now(drill, client).is_over
        group.worker(threads=1)
        wait_until(lambda: now(drill, client).is_over, seconds=60, what="the drill is over")
    done = now(drill, client)
    assert (done.problem, done.done, done.total) == ("", 3, 3)
    # Each target once, however often it was begun.
    assert [row.step for row in rows_of(done)] == [
        *("reply", "reply", "reply", "reply"),
        *("refund", "refund", "refund"),
        *("send", "send", "send"),
    ]
    with tenant_scope(client.tenant.pk):
        for model in (Run, StepRun, Call, ReviewItem):
            assert model.objects.count() == 0
        assert not Event.objects.filter(verb__startswith="run.").exists()
        assert not Outbox.objects.filter(topic__in=(*TOPICS, TOPIC)).exists()


def test_a_stop_does_not_wait_for_a_sealed_run() -> None:
    """A stop waits for transactions that move runs: one that takes long gives up for it."""
    client = make_world().harbor
    stops: list[Future[None]] = []

    def stop() -> None:
        with tenant_scope(client.tenant.pk):
            stop_everything(actor=client.actor())
        connection.close()

    with ThreadPoolExecutor(1) as pool, tenant_scope(client.tenant.pk):
        version = client.workflow.live
        assert version is not None
        inner, given = recorded_world(version, None)

        class SlowWorld:
            def answer(self, question: SealedQuestion) -> Answer:
                if not stops:
                    stops.append(pool.submit(stop))
                    time.sleep(1)
                return inner.answer(question)

            def event(self, step: StepRun) -> dict[str, Any]:
                return inner.event(step)

        with pytest.raises(StopWaits):
            play(version, given, purpose="drill", world=SlowWorld(), look=lambda run: run)
        stops[0].result(20)
    with tenant_scope(client.tenant.pk):
        assert Tenant.objects.get(pk=client.tenant.pk).is_stopped
        assert Run.objects.count() == 0


def test_a_sealed_run_is_refused_at_the_commit() -> None:
    client = make_world().harbor
    with (
        pytest.raises(IntegrityError, match="it is never committed"),
        tenant_scope(client.tenant.pk),
    ):
        Run.objects.create(
            workflow=client.workflow,
            version=client.workflow.live,
            trigger="person",
            asked_by="x",
            input_hash="",
            purpose="drill",
        )
    with tenant_scope(client.tenant.pk):
        assert Run.objects.count() == 0


def test_of_two_who_start_it_at_once_one_does() -> None:
    client = make_world().harbor
    started(client)
    with (
        pytest.raises(IntegrityError, match="one_drill_at_a_time"),
        tenant_scope(client.tenant.pk),
        transaction.atomic(),
    ):
        Drill.objects.create(workflow=client.workflow, version=client.workflow.live)
    connection.close()
