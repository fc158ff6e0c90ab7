"""A drill in real workers: nothing of its sealed runs is seen, and a killed worker does no harm."""

from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from approvals.models import ReviewItem
from audit.models import Event, Outbox
from tenants.scope import tenant_scope
from tests.processes import processes, wait_until
from tests.world import Client, make_world
from workflows.drill.services import COMMAND_LINE, TOPIC, rows_of, start_drill
from workflows.models import Call, Drill, Run, StepRun
from workflows.sealed.play import TOPICS

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
