"""Workers killed, brokers emptied: nothing lost, nothing doubled."""

import os
from pathlib import Path

import pytest
import redis

from approvals.decisions.services import Choice, decide
from approvals.models import Proposal, ReviewItem
from portal.servers.process import Child
from tenants.scope import tenant_scope
from tests.fakes.model import MODEL, ModelServer
from tests.fakes.sink import HttpSink
from tests.processes import processes, wait_until
from tests.workflows.budgets.budgets_kit import amounts, set_one
from tests.world import DEFINITION, REQUEST, Client, admin_actor, make_world
from workflows.models import Call, Run
from workflows.services.definitions import publish
from workflows.services.runs import start_run

pytestmark = pytest.mark.usefixtures("committed")

# Only the refund, which takes a key: a mail can't be repeated safely and becomes an
# exception instead, which tests/workflows covers.
KEYED = DEFINITION[: DEFINITION.index("  - name: send")]
PLACES = (
    "model.before_call",
    "model.after_call",
    "model.after_commit",
    "tool.before_call",
    "tool.after_call",
    "tool.after_commit",
    "before_ack",
)


def _start(client: Client, count: int) -> None:
    with tenant_scope(client.tenant.pk):
        for _ in range(count):
            start_run(client.workflow, input=REQUEST, trigger="api", actor=client.actor())


def _waiting(client: Client) -> int:
    with tenant_scope(client.tenant.pk):
        return ReviewItem.objects.filter(status="waiting", kind="proposal").count()


def _ended(client: Client) -> int:
    with tenant_scope(client.tenant.pk):
        return Run.objects.filter(status="done").count()


def _approve_all(client: Client) -> None:
    with tenant_scope(client.tenant.pk):
        for item in ReviewItem.objects.filter(status="waiting", kind="proposal"):
            decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())


def _flush_broker() -> None:
    with redis.Redis.from_url(os.environ["BROKER_URL"]) as broker:
        broker.flushdb()


def test_every_run_ends_whenever_its_worker_is_killed(tmp_path: Path) -> None:
    """D1: killed before a call, after it, after its commit and before the ack."""
    _flush_broker()
    with HttpSink() as shop, ModelServer() as model:
        world = make_world(shop=shop.host)
        client = world.harbor
        with tenant_scope(client.tenant.pk):
            tokens = set_one(unit="tokens", most=10**9)
            calls = set_one(unit="calls", period="day", most=10**6)
            publish(
                client.workflow,
                text=KEYED.replace("title: Refund", f"model: {MODEL}\ntitle: Refund"),
                actor=admin_actor(world.admin),
            )
        with processes(tmp_path, **model.environment) as run:
            for number, place in enumerate(PLACES, 1):
                mark = tmp_path / place
                worker = run.worker(
                    module="tests.concurrency.crashing", CRASH_AT=place, CRASH_MARK=str(mark)
                )
                _start(client, 2)

                def died(worker: Child = worker, approves: bool = "model" not in place) -> bool:
                    if approves:
                        _approve_all(client)
                    return not worker.is_alive()

                wait_until(died, seconds=40, what=f"it died at {place}")
                assert mark.exists(), f"it ended, but not at {place}: {worker.tail()}"
                assert _started(client) == 2 * number
            run.worker()
            total = 2 * len(PLACES)

            def all_done() -> bool:
                _approve_all(client)
                return _ended(client) == total

            wait_until(all_done, seconds=60, what="every run has ended")
        _check_promises(client, shop, total)
        with tenant_scope(client.tenant.pk):
            counted = sum(call.tokens_in + call.tokens_out for call in Call.objects.all())
            ((spent, reserved),) = amounts(tokens)
            # What a killed worker had asked counts too, as much as it may have been.
            assert (reserved, spent > counted) == (0, True)
            ((spent, reserved),) = amounts(calls)
            assert (reserved, spent >= len(model.requests) >= total) == (0, True)


def _started(client: Client) -> int:
    with tenant_scope(client.tenant.pk):
        return Run.objects.count()


def _check_promises(client: Client, shop: HttpSink, total: int) -> None:
    assert len(shop.effects_by_key) == total
    assert max(shop.effects_by_key.values()) == 1
    with tenant_scope(client.tenant.pk):
        assert Proposal.objects.filter(status="executed").count() == total
        finished = Call.objects.filter(status="done")
        # One finished call a step: a journaled call is never made again.
        assert finished.count() == finished.values("step_id").distinct().count() == 2 * total
        assert not ReviewItem.objects.filter(kind="exception").exists()


def test_an_emptied_broker_loses_nothing(tmp_path: Path) -> None:
    """D3: 200 things pending, all messages gone: all go on within 60 s, none twice."""
    client = make_world().harbor
    _start(client, 200)
    _flush_broker()
    with processes(tmp_path) as run:
        run.worker()
        took = wait_until(lambda: _waiting(client) == 200, seconds=60, what="200 items wait")
    assert took < 60
    with tenant_scope(client.tenant.pk):
        assert ReviewItem.objects.count() == 200
        assert Call.objects.filter(status="done").count() == 200
