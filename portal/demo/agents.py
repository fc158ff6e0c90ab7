"""Agent workflow of a sample client, and the MCP server that it asks."""

from approvals.rules.ladder import Effect
from audit import outbox
from portal.demo.sample import SampleClient, definition
from tenants import access
from tenants.scope import tenant_scope
from workflows.mcp.servers import add_server, get_server, offer_seen
from workflows.mcp.turning_on import OfferDeclaration, turn_on_tools
from workflows.services.definitions import make_workflow


def make_agent(client: SampleClient) -> None:
    """Add a client's MCP server, turn its tool on and make the workflow whose agent calls it."""
    with tenant_scope(client.tenant.pk):
        operator = access.actor_in(client.operator, client.tenant)
        assert operator is not None
        wanted = client.settings["server"]
        add_server(
            name=wanted["name"], title=wanted["title"], command=client.tenant.slug, actor=operator
        )
    outbox.drain()  # the worker looks at what it offers
    with tenant_scope(client.tenant.pk):
        server, tool = get_server(wanted["name"]), wanted["tool"]
        offered = offer_seen(server).tool(tool["offered"])
        assert offered is not None, server.problem
        declared = OfferDeclaration(offered, tool["name"], tool["title"], Effect.READ)
        turn_on_tools(server, [declared], server.seen_pin, actor=operator)
        name = client.settings["agent"]
        text = definition(client.tenant.slug, name)
        client.workflows[name] = make_workflow(
            text=text, owner=client.people[0], actor=operator, note="First version."
        )
