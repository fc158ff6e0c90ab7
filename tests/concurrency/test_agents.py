"""An agent whose worker is killed at any point goes on at the next call, and pays nothing twice."""

from collections import Counter
from pathlib import Path

import pytest

from approvals.decisions.services import Choice, decide
from approvals.models import ReviewItem
from portal.servers.process import Child
from tenants.scope import tenant_scope
from tests.fakes.model import ModelServer
from tests.fakes.sink import HttpSink
from tests.processes import processes, wait_until
from tests.workflows.engine.agent_kit import (
    agent_text,
    calling,
    find,
    finder,
    found_order,
    refund,
    says,
)
from tests.world import REQUEST, Client, admin_actor, make_world
from workflows.models import Call, Run, StepRun
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

pytestmark = pytest.mark.usefixtures("committed")

# The tool's calls are the agent's reads, which come before its proposals.
PLACES = (
    "model.before_call",
    "model.after_call",
    "model.after_commit",
    "tool.before_call",
    "tool.after_call",
    "tool.after_commit",
    "before_ack",
)
EACH = 2  # runs for each place


def _approve_all(client: Client) -> None:
    with tenant_scope(client.tenant.pk):
        for item in ReviewItem.objects.filter(status="waiting", kind="proposal"):
            decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())


def _ended(client: Client) -> int:
    with tenant_scope(client.tenant.pk):
        return Run.objects.filter(status="done").count()


def test_an_agent_goes_on_wherever_its_worker_is_killed(tmp_path: Path) -> None:
    """D1 for the agent step: two turns, a read and a refund, killed at every seam."""
    with HttpSink(body=found_order) as shop, ModelServer() as model:
        says(model, calling(find()), calling(refund(), text="We refund Mia."))
        world = make_world(shop=shop.host)
        client = world.harbor
        with tenant_scope(client.tenant.pk):
            finder(admin_actor(world.admin), shop.host)
            workflow = make_workflow(
                text=agent_text(), owner=client.owner, actor=admin_actor(world.admin)
            )
        with processes(tmp_path, **model.environment) as run:
            for place in PLACES:
                mark = tmp_path / place
                worker = run.worker(
                    module="tests.concurrency.crashing", CRASH_AT=place, CRASH_MARK=str(mark)
                )
                with tenant_scope(client.tenant.pk):
                    for _ in range(EACH):
                        start_run(workflow, input=REQUEST, trigger="api", actor=client.actor())

                def died(worker: Child = worker) -> bool:
                    return not worker.is_alive()

                wait_until(died, seconds=40, what=f"it died at {place}")
                assert mark.exists(), f"it ended, but not at {place}: {worker.tail()}"
            run.worker()

            def all_done() -> bool:
                _approve_all(client)
                return _ended(client) == EACH * len(PLACES)

            wait_until(all_done, seconds=60, what="every run has ended")
        _check_journal(client, model, shop)


def _check_journal(client: Client, model: ModelServer, shop: HttpSink) -> None:
    total = EACH * len(PLACES)
    with tenant_scope(client.tenant.pk):
        kinds = Counter(StepRun.objects.filter(name__contains=".").values_list("kind", flat=True))
        assert kinds == {"turn": 2 * total, "call": total, "act": total}
        assert Counter(Call.objects.values_list("kind", "status")) == {
            ("model", "done"): 2 * total,
            ("tool", "done"): 2 * total,
        }
    refunds = [one for one in shop.effects if one["path"] == "/refunds"]
    assert len(refunds) == len({one["key"] for one in refunds}) == total
    # Only what was under way when a worker died is asked again: at each place as many runs may be
    # under way as were started until then.
    under_way = sum(EACH * number for number in range(1, len(PLACES) + 1))
    assert 2 * total <= len(model.requests) <= 2 * total + under_way
