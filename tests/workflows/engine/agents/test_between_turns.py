"""What changes between two turns of an agent holds for the next of them."""

from contextlib import ExitStack

from audit import outbox
from tenants.services.tenants import change_tenant
from tests.fakes.doors import allow
from tests.fakes.mcp import McpFake, tool
from tests.fakes.model import ModelServer, Reply
from tests.fakes.said import Called
from tests.lanes import Lane
from tests.workflows.budgets.budgets_kit import amounts, set_one
from tests.workflows.engine.agent_kit import agent_text, calling, find, parts, refund, says, told
from tests.workflows.mcp.mcp_kit import turn_on
from workflows.mcp.servers import add_server
from workflows.models import Budget, Call
from workflows.services.definitions import publish


def test_two_servers_with_a_tool_of_one_name_are_each_asked_their_own(
    agent_lane: Lane, model: ModelServer
) -> None:
    staff = agent_lane.world.staff(agent_lane.client)
    servers = {}
    with ExitStack() as stack:
        for name in ("desk", "barn"):
            fake = servers[name] = stack.enter_context(McpFake())
            allow(fake.host)
            fake.tools = {"look": tool("look", description=f"Looks at the {name}.")}
            hosts = [*agent_lane.tenant().allowed_hosts, fake.host]
            change_tenant(agent_lane.tenant(), actor=staff, allowed_hosts=hosts)
            made = add_server(name=name, address=fake.url, actor=staff)
            outbox.drain()
            turn_on(made, "look", actor=staff)
        text = agent_text(slug="two-servers")
        agent_lane.use(text.replace("orders.find, shop.refund", "desk.look, barn.look"))
        looks = [Called("desk.look", {"order": "D"}), Called("barn.look", {"order": "B"})]
        says(model, calling(*looks), calling(Called("look", {"order": "X"})), "Done.")
        agent_lane.start()
        sent = [one["arguments"] for one in servers["desk"].calls]
        assert (sent, [one["arguments"] for one in servers["barn"].calls]) == (
            [{"order": "D"}],
            [{"order": "B"}],
        )
    assert told(model)[-1].startswith("Refused. There is no tool called look.")


def test_a_budget_that_is_used_up_between_two_turns_lets_no_other_be_asked(
    agent_lane: Lane, model: ModelServer
) -> None:
    budget = set_one(unit="calls", most=1)
    says(model, calling(find()), calling(refund(), text="We refund Mia."))
    agent_lane.start()
    assert (len(model.requests), amounts(budget)) == (1, [(1, 0)])
    assert parts(agent_lane)[:2] == [("work.1", "turn", "done"), ("work.2", "call", "done")]
    assert agent_lane.statuses() == {}
    assert agent_lane.exception().draft["cause"] == "budget"
    Budget.objects.update(most=10)
    agent_lane.resolve("retry")
    agent_lane.pass_time(minutes=10)
    assert agent_lane.statuses() != {}
    assert Call.objects.filter(kind="model", status="done").count() == amounts(budget)[0][0]


def test_a_lower_rung_that_is_published_between_two_turns_holds(
    agent_lane: Lane, model: ModelServer
) -> None:
    """A12"""
    says(model, calling(find()), Reply(503, "later"))
    agent_lane.start()
    assert [one["path"] for one in agent_lane.shop.requests] == ["/orders/find"]
    publish(
        agent_lane.workflow,
        text=agent_text(rung="draft_only"),
        actor=agent_lane.world.staff(agent_lane.client),
    )
    says(model, calling(find()), calling(refund()), "It is not refunded.")
    for _ in range(4):
        agent_lane.pass_time(minutes=1)
    assert "proposed" not in agent_lane.statuses().values()
    assert [one["path"] for one in agent_lane.shop.requests] == ["/orders/find"]
    assert told(model)[-1].startswith("Refused.")
    agent_lane.decide()
    assert [one["path"] for one in agent_lane.shop.requests] == ["/orders/find"]
