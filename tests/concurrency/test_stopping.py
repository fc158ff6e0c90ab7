"""A worker told to stop finishes or hands back what it holds, and ends by itself."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from approvals.decisions.services import Choice, decide
from approvals.models import Proposal, ReviewItem
from audit.models import Outbox
from portal.servers.process import Child
from tenants.scope import tenant_scope
from tests.concurrency.promises import check_at_rest
from tests.fakes.model import MODEL, ModelServer
from tests.fakes.sink import HttpSink
from tests.fakes.smtp import SmtpSink
from tests.processes import Processes, processes, wait_until
from tests.world import DEFINITION, REQUEST, Client, World, admin_actor, make_world
from workflows.models import Run
from workflows.services.definitions import publish
from workflows.services.runs import start_run

pytestmark = pytest.mark.usefixtures("committed")

LANE = DEFINITION.replace("title: Refund", f"model: {MODEL}\ntitle: Refund")
# Whoever takes what was handed back does not wait for a lease to run out.
LONG_LEASE = "120"


@pytest.fixture
def shop() -> Iterator[HttpSink]:
    with HttpSink() as sink:
        yield sink


@pytest.fixture
def post() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture
def world(shop: HttpSink) -> World:
    with redis.Redis.from_url(os.environ["BROKER_URL"]) as broker:
        broker.flushdb()
    made = make_world(shop=shop.host)
    _publish(made, LANE)
    return made


def _publish(world: World, text: str) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        publish(world.harbor.workflow, text=text, actor=admin_actor(world.admin))


@pytest.fixture
def house(tmp_path: Path, world: World, model: ModelServer, post: SmtpSink) -> Iterator[Processes]:
    more = {"HANDRAIL_SMTP_PORT": str(post.port), "HANDRAIL_LEASE_SECONDS": LONG_LEASE}
    with processes(tmp_path, **model.environment, **more) as run:
        yield run


def _start(client: Client, count: int) -> None:
    with tenant_scope(client.tenant.pk):
        for _ in range(count):
            start_run(client.workflow, input=REQUEST, trigger="api", actor=client.actor())


def _items(client: Client, kind: str = "proposal") -> list[ReviewItem]:
    with tenant_scope(client.tenant.pk):
        return list(ReviewItem.objects.filter(status="waiting", kind=kind))


def _approve(client: Client) -> None:
    for item in _items(client):
        with tenant_scope(client.tenant.pk):
            decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())


def _runs(client: Client, status: str) -> int:
    with tenant_scope(client.tenant.pk):
        return Run.objects.filter(status=status).count()


def _stop(worker: Child) -> float:
    """Tell it to stop, as a deploy does; how long it took to end, by itself and well."""
    began = time.monotonic()
    os.kill(worker.pid, signal.SIGTERM)
    wait_until(lambda: not worker.is_alive(), seconds=40, what="it ended by itself")
    assert worker.process.returncode == 0
    return time.monotonic() - began


def test_what_comes_back_in_time_is_written_and_what_follows_is_left_to_others(
    world: World, house: Processes, model: ModelServer, shop: HttpSink, post: SmtpSink
) -> None:
    """Graceful stop: first with models asked, then between two effects, of which one has no key.

    The version published meanwhile is for later runs: these end on the one they began with.
    """
    client, model.delay = world.harbor, 3.0
    worker = house.worker(HANDRAIL_STOP_SECONDS="20")
    _start(client, 12)
    wait_until(lambda: len(model.requests) == 12, seconds=60, what="12 models are asked")
    _publish(world, LANE.replace("Answer the customer's message.", "Answer in one sentence."))
    assert _stop(worker) < 12
    assert len(_items(client)) == 12
    # Nobody holds anything and nothing is left to do.
    assert not Outbox.objects.filter(lease_until__isnull=False).exists()

    shop.delay = 3.0
    worker = house.worker(HANDRAIL_STOP_SECONDS="20")
    _approve(client)
    wait_until(lambda: len(shop.requests) == 12, seconds=60, what="12 refunds are under way")
    assert _stop(worker) < 12
    assert post.messages == []
    house.worker()
    wait_until(lambda: _runs(client, "done") == 12, seconds=60, what="every run is done")
    assert len(post.messages) == len(shop.requests) == len(model.requests) == 12
    check_at_rest(client.tenant.pk, runs=12)
    with tenant_scope(client.tenant.pk):
        assert set(Run.objects.values_list("version__number", flat=True)) == {2}
        assert not ReviewItem.objects.filter(kind="exception").exists()
    assert all("one sentence" not in str(asked) for asked in model.requests)


def test_what_does_not_come_back_in_time_is_handed_to_another_worker_at_once(
    world: World, house: Processes, model: ModelServer, shop: HttpSink, post: SmtpSink
) -> None:
    """Graceful stop: models are asked again, refunds with their key; a mail is in doubt."""
    client, model.delay = world.harbor, 25.0
    worker = house.worker(HANDRAIL_STOP_SECONDS="1")
    other = house.worker(HANDRAIL_STOP_SECONDS="1")
    other.process.send_signal(signal.SIGSTOP)
    _start(client, 6)
    wait_until(lambda: len(model.requests) == 6, seconds=60, what="6 models are asked")
    model.delay = 0.0
    assert _stop(worker) < 12
    other.process.send_signal(signal.SIGCONT)
    took = wait_until(lambda: len(_items(client)) == 6, seconds=60, what="6 items wait")
    assert took < 20
    assert len(model.requests) == 12

    post.delay = 6.0  # acts, and says so too late
    _approve(client)
    wait_until(lambda: len(post.messages) >= 1, seconds=30, what="mails are under way")
    wait_until(lambda: len(shop.requests) == 6, seconds=30, what="refunds are made")
    _stop(other)
    house.worker()

    def over() -> bool:
        return _runs(client, "done") + _runs(client, "failed") == 6

    wait_until(over, seconds=60, what="every run is over")
    with tenant_scope(client.tenant.pk):
        sent = Proposal.objects.filter(step="send")
        said = {p.status for p in sent}
        assert said <= {"executed", "in_doubt"}
        assert len(_items(client, "exception")) == sent.filter(status="in_doubt").count()
    assert len(post.messages) == 6  # never a blind second try
    assert len(shop.effects) == 6
    check_at_rest(client.tenant.pk, runs=6)
