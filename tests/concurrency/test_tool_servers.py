"""A call of an MCP server whose worker is killed: a write is in doubt, a read is asked again."""

from collections import Counter
from pathlib import Path

import pytest

from approvals.decisions.services import Choice, decide
from approvals.models import Proposal, ReviewItem
from audit import outbox
from portal.servers.process import Child
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tenants.services.tenants import change_tenant
from tests.fakes.doors import allow
from tests.fakes.mcp import McpFake, tool
from tests.fakes.model import ModelServer
from tests.fakes.said import Called
from tests.processes import processes, wait_until
from tests.workflows.definition_kit import definition
from tests.workflows.engine.agent_kit import agent_text, calling, says
from tests.workflows.mcp.mcp_kit import turn_on
from tests.world import REQUEST, Client, World, admin_actor, make_world
from workflows.mcp.servers import add_server
from workflows.models import Call, Run, Workflow
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

pytestmark = pytest.mark.usefixtures("committed")

ACT = """
  - name: it
    act: {tool: desk.refund, args: {order: "input.order_id"}}
"""
# Only a worker that has sent the call may have acted.
PLACES = ("tool.before_call", "tool.after_call", "tool.after_commit")


def _serve(world: World, fake: McpFake, text: str) -> Workflow:
    """A workflow of the client's with the tools of a server."""
    client, staff = world.harbor, admin_actor(world.admin)
    allow(fake.host)
    fake.tools = {"look": tool("look"), "refund": tool("refund")}
    with tenant_scope(client.tenant.pk):
        tenant = Tenant.objects.get(pk=client.tenant.pk)
        change_tenant(tenant, actor=staff, allowed_hosts=[*tenant.allowed_hosts, fake.host])
        server = add_server(name="desk", title="The desk", address=fake.url, actor=staff)
    outbox.drain()
    with tenant_scope(client.tenant.pk):
        turn_on(server, "refund", actor=staff, effect="write")
        turn_on(server, "look", actor=staff)
        return make_workflow(text=text, owner=client.owner, actor=staff)


def _start(client: Client, workflow: Workflow) -> None:
    with tenant_scope(client.tenant.pk):
        start_run(workflow, input=REQUEST, trigger="api", actor=client.actor())


def _approve_all(client: Client) -> None:
    with tenant_scope(client.tenant.pk):
        for item in ReviewItem.objects.filter(status="waiting", kind="proposal"):
            decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())


def test_a_write_whose_worker_is_killed_is_in_doubt_and_never_called_again(tmp_path: Path) -> None:
    """D1, D4"""
    with McpFake() as fake:
        world = make_world(shop="127.0.0.1:9")
        client = world.harbor
        workflow = _serve(world, fake, definition(ACT, slug="mcp-refund"))
        with processes(tmp_path) as run:
            for place in PLACES:
                mark = tmp_path / place
                worker = run.worker(
                    module="tests.concurrency.crashing", CRASH_AT=place, CRASH_MARK=str(mark)
                )
                _start(client, workflow)

                def died(worker: Child = worker) -> bool:
                    _approve_all(client)
                    return not worker.is_alive()

                wait_until(died, seconds=40, what=f"it died at {place}")
                assert mark.exists(), f"it ended, but not at {place}: {worker.tail()}"
            run.worker()

            def all_settled() -> bool:
                with tenant_scope(client.tenant.pk):
                    open_ones = Proposal.objects.filter(status__in=("executing", "approved"))
                    return not open_ones.exists()

            wait_until(all_settled, seconds=60, what="every action is settled")
        assert len(fake.calls) == 2  # of the first nobody can know that it was not sent
        with tenant_scope(client.tenant.pk):
            statuses = list(Proposal.objects.order_by("id").values_list("status", flat=True))
            assert statuses == ["in_doubt", "in_doubt", "executed"]
            assert Counter(Call.objects.values_list("status", flat=True)) == {
                "in_doubt": 2,
                "done": 1,
            }
            raised = ReviewItem.objects.filter(kind="exception", status="waiting")
            assert {item.draft["cause"] for item in raised} == {"in_doubt"}
            assert len(raised) == 2


def test_a_read_whose_worker_is_killed_is_asked_again(tmp_path: Path) -> None:
    """D1"""
    with McpFake() as fake, ModelServer() as model:
        says(model, calling(Called("desk.look", {"order": "10412"})), "It is done.")
        world = make_world(shop="127.0.0.1:9")
        client = world.harbor
        text = agent_text(slug="mcp-agent")
        text = text.replace("orders.find, shop.refund, mail.send", "desk.look")
        workflow = _serve(world, fake, text)
        with processes(tmp_path, **model.environment) as run:
            mark = tmp_path / "mark"
            worker = run.worker(
                module="tests.concurrency.crashing",
                CRASH_AT="tool.after_call",
                CRASH_MARK=str(mark),
            )
            _start(client, workflow)
            wait_until(lambda: not worker.is_alive(), seconds=40, what="it died")
            run.worker()

            def went_on() -> bool:
                with tenant_scope(client.tenant.pk):
                    return Run.objects.filter(status__in=("done", "waiting")).exists()

            wait_until(went_on, seconds=60, what="the run went on")
        assert len(fake.calls) == 2
        with tenant_scope(client.tenant.pk):
            assert Call.objects.get(kind="tool").status == "done"
            assert not ReviewItem.objects.filter(kind="exception").exists()
