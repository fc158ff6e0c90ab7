"""A tool that names a connection for another address is refused when either is saved (L6)."""

import pytest

from approvals.gate.tools import add_tool, change_tool
from approvals.models import Tool
from tenants.errors import Invalid
from tenants.models import OAuthConnection
from tests.lanes import Lane
from workflows.oauth.services import add_connection

HOST = "https://api.example"
SHAPE = {"type": "object", "properties": {"order": {"type": "string"}}}


def http_tool(lane: Lane, url: str) -> Tool:
    settings = {"url": url, "headers": {"Authorization": "secret:shop-sign-in"}}
    return add_tool(
        name="shop.look",
        title="Look",
        adapter="http",
        effect="read",
        kind=None,
        args_schema=SHAPE,
        settings=settings,
        actor=lane.world.staff(lane.client),
    )


def connect(lane: Lane, address: str = f"{HOST}/v1") -> OAuthConnection:
    tenant = lane.tenant()
    tenant.allowed_hosts = [*tenant.allowed_hosts, "api.example"]
    tenant.save(update_fields=["allowed_hosts"])
    actor = lane.world.staff(lane.client)
    return add_connection(name="shop-sign-in", address=address, grant="client", actor=actor)


@pytest.mark.parametrize(
    "url",
    [
        f"{HOST}/admin",
        f"{HOST}/v1/../admin",
        f"{HOST}/v1/..;/admin",
        f"{HOST}:8443/v1",
        f"{HOST}./v1",
        "https://evil.example/v1",
    ],
)
def test_a_tool_that_calls_elsewhere_is_refused(lane: Lane, url: str) -> None:
    connect(lane)
    with pytest.raises(Invalid, match=r"shop-sign-in is for https://api\.example/v1 alone"):
        http_tool(lane, url)
    assert not Tool.objects.filter(name="shop.look").exists()


def test_one_that_calls_below_it_is_saved_and_may_not_move_away(lane: Lane) -> None:
    connect(lane)
    tool = http_tool(lane, f"{HOST}/v1/orders")
    with pytest.raises(Invalid, match="alone"):
        change_tool(
            tool,
            actor=lane.world.staff(lane.client),
            settings=tool.settings | {"url": f"{HOST}/v2"},
        )


def test_a_tool_that_takes_no_token_is_refused_one(lane: Lane) -> None:
    """What signs with a secret, or is given an address by it, gets no connection's token ever."""
    connect(lane)
    with pytest.raises(Invalid, match="takes a secret that somebody typed in"):
        add_tool(
            name="shop.tell",
            title="Tell",
            adapter="webhook",
            effect="write",
            kind="send",
            args_schema=SHAPE,
            settings={
                "url": f"{HOST}/v1",
                "type": "order.done",
                "secrets": ["secret:shop-sign-in"],
            },
            actor=lane.world.staff(lane.client),
        )


def test_a_connection_that_a_tool_names_already_is_for_that_tool(lane: Lane) -> None:
    http_tool(lane, f"{HOST}/admin")
    with pytest.raises(Invalid, match=r"Look calls https://api\.example/admin"):
        connect(lane)
