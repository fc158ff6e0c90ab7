"""Workers that hear nothing are noticed, whatever made them deaf."""

import os
import signal
import time
from pathlib import Path

import pytest
import redis
from django.test import Client as Browser

from approvals.models import ReviewItem
from audit.worker import watchdog
from tenants import clock
from tenants.models import User
from tenants.scope import tenant_scope
from tests.processes import processes, wait_until
from tests.world import REQUEST, Client, make_world
from workflows.services.runs import start_run

pytestmark = pytest.mark.usefixtures("committed")


def _start(client: Client) -> None:
    with tenant_scope(client.tenant.pk):
        start_run(client.workflow, input=REQUEST, trigger="api", actor=client.actor())


def _waiting(client: Client) -> int:
    with tenant_scope(client.tenant.pk):
        return ReviewItem.objects.filter(status="waiting").count()


def _desk(user: User) -> str:
    browser = Browser()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser.get("/desk/").content.decode()


def _broker() -> redis.Redis:
    return redis.Redis.from_url(os.environ["BROKER_URL"])


def test_a_deaf_worker_is_noticed_in_the_log_and_on_the_desk(tmp_path: Path) -> None:
    """Case D8: with 4 s for late here and 60 in service, it is noticed within twice that."""
    world = make_world()
    with _broker() as broker:
        broker.flushdb()
    with processes(tmp_path, HANDRAIL_LATE_SECONDS="4") as run:
        run.web()
        web, worker = run.children[0], run.worker()
        _start(world.harbor)
        wait_until(lambda: _waiting(world.harbor) == 1, seconds=60, what="the worker works")
        # While the worker started, slowly, nobody did the work either.
        before = len(web.log.read_text())
        time.sleep(4 * 2)
        assert "work is late" not in web.log.read_text()[before:]
        os.kill(worker.process.pid, signal.SIGSTOP)
        try:
            _start(world.harbor)
            took = wait_until(
                lambda: "work is late" in web.log.read_text()[before:],
                seconds=30,
                what="it is noticed",
            )
            assert took < 2 * 4
            with clock.at(clock.now() + watchdog.LATE):
                assert "Work is late" in _desk(world.operator)
        finally:
            os.kill(worker.process.pid, signal.SIGCONT)
        wait_until(lambda: _waiting(world.harbor) == 2, seconds=60, what="it goes on")
    with clock.at(clock.now() + watchdog.LATE):
        assert "Work is late" not in _desk(world.operator)


def test_work_goes_on_after_every_connection_of_the_broker_was_cut(tmp_path: Path) -> None:
    """Case D8: the connection is reset while the worker listens."""
    client = make_world().harbor
    with _broker() as broker:
        broker.flushdb()
        with processes(tmp_path) as run:
            run.worker()
            _start(client)
            wait_until(lambda: _waiting(client) == 1, seconds=60, what="the worker works")
            for number in range(2, 5):
                broker.client_kill_filter(_type="normal", skipme=True)
                _start(client)
                took = wait_until(
                    lambda n=number: _waiting(client) == n,  # type: ignore[misc]
                    seconds=120,
                    what="it goes on",
                )
                assert took < 120
