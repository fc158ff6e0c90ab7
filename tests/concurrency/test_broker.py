"""The broker restarted or gone, and messages that poison: work goes on."""

import time
from pathlib import Path

import pytest
from celery import current_app
from django.db import connection, transaction
from django.test import override_settings

from approvals.models import ReviewItem
from audit.models import Outbox
from audit.worker import wakeups
from portal.servers.broker import Broker
from portal.servers.process import free_port
from tenants.scope import tenant_scope
from tests.concurrency.poisoned import POISON
from tests.processes import processes, wait_until
from tests.world import REQUEST, Client, make_world
from workflows.models import Run
from workflows.services.runs import start_run

pytestmark = pytest.mark.usefixtures("committed")


def _start(client: Client, count: int = 1, **changes: str) -> list[Run]:
    with tenant_scope(client.tenant.pk):
        given = REQUEST | changes
        return [
            start_run(client.workflow, input=given, trigger="api", actor=client.actor())[0]
            for _ in range(count)
        ]


def _waiting(client: Client, kind: str = "proposal") -> list[ReviewItem]:
    with tenant_scope(client.tenant.pk):
        return list(ReviewItem.objects.filter(status="waiting", kind=kind))


def test_workers_outlive_their_broker(tmp_path: Path) -> None:
    """Case D8: its process is killed, away for a while, and empty when it comes back."""
    client = make_world().harbor
    broker = Broker(tmp_path, keep=False)
    broker.start()
    try:
        with processes(tmp_path, BROKER_URL=broker.url) as run:
            parts = [run.worker(), run.worker()]
            _start(client)
            wait_until(lambda: len(_waiting(client)) == 1, seconds=60, what="the worker works")
            for away in (0.0, 4.0):
                before = len(_waiting(client))
                assert broker.child is not None
                broker.child.kill()
                _start(client, 5)
                time.sleep(away)
                broker.start()
                took = wait_until(
                    lambda n=before + 5: len(_waiting(client)) == n,  # type: ignore[misc]
                    seconds=120,
                    what="they go on",
                )
                assert took < 30
            assert all(part.is_alive() for part in parts)
    finally:
        broker.stop()


def test_who_starts_a_run_does_not_notice_that_the_broker_is_away() -> None:
    """Case D8: the row is written, the message is not; no error, and no long wait."""
    client = make_world().harbor
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    with override_settings(SEND_HINTS=True), current_app.connection_for_write(nowhere) as gone:
        acquire, unreachable = current_app.producer_or_acquire, current_app.amqp.Producer(gone)
        current_app.producer_or_acquire = lambda: acquire(unreachable)
        try:
            began = time.monotonic()
            wakeups.send_wakeup(
                _start(client)[0].pk
            )  # and once more by hand: a raised error would show
        finally:
            current_app.producer_or_acquire = acquire
    assert time.monotonic() - began < 10
    assert Outbox.objects.filter(topic="run.advance", ready=True).count() == 1
    with transaction.atomic():
        assert not connection.needs_rollback


def test_poison_is_parked_after_three_tries_and_put_before_a_person(tmp_path: Path) -> None:
    """Case D8: with real workers; the runs beside it are not delayed."""
    client = make_world().harbor
    tries = tmp_path / "tries"
    with processes(tmp_path, TRIES=str(tries)) as run:
        parts = [run.worker(module="tests.concurrency.poisoned") for _ in range(2)]
        (bad,) = _start(client, message=POISON)
        _start(client, 3)
        wait_until(lambda: len(_waiting(client)) == 3, seconds=60, what="the others wait")
        wait_until(lambda: bool(_waiting(client, "exception")), seconds=30, what="it is parked")
        assert tries.read_text().split() == [str(bad.pk)] * 3
        assert all(part.is_alive() for part in parts)
    (exception,) = _waiting(client, "exception")
    assert exception.run_id == bad.pk
    assert "failed 3 times and was parked" in exception.draft["problem"]
    assert "ZeroDivisionError" not in exception.draft["problem"]
    assert "ZeroDivisionError" in exception.evidence["details"]
    with tenant_scope(client.tenant.pk):
        assert Run.objects.get(pk=bad.pk).status == "failed"
    assert Outbox.objects.get(topic="run.advance").parked_at is not None
