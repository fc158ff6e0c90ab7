"""Tools over HTTP sign in by a connection too: bearer, renewed, and to its own address alone."""

from collections.abc import Iterator
from typing import Any

import pytest

from approvals.gate.tools import add_tool
from approvals.models import Tool
from audit import outbox
from tenants.errors import Invalid
from tenants.services.tenants import change_tenant
from tests.fakes.authorization import AuthorizationFake
from tests.fakes.doors import allow
from tests.fakes.sink import HttpSink
from tests.lanes import Lane
from tests.workflows.definition_kit import definition
from workflows.oauth.services import add_connection, request_connect
from workflows.oauth.storing import connections

ACT = """
  - name: it
    act: {tool: crm.do, args: {order: "input.order_id"}}
"""


@pytest.fixture
def crm(lane: Lane, issuer: AuthorizationFake) -> Iterator[HttpSink]:
    """A system that takes tokens of an issuer, and a connection to its /v2."""
    resource = ""

    def status(request: dict[str, Any]) -> int:
        return 200 if issuer.takes(request["headers"], resource) else 401

    with HttpSink(status=status) as sink:
        resource = f"{sink.url}/v2"
        allow(sink.host)
        staff = lane.world.staff(lane.client)
        hosts = [*lane.tenant().allowed_hosts, sink.host, issuer.host]
        change_tenant(lane.tenant(), actor=staff, allowed_hosts=hosts)
        issuer.clients["us"] = "a-secret-of-ours"
        made = add_connection(
            name="crm",
            address=resource,
            grant="client",
            issuer=issuer.url,
            client_id="us",
            client_secret="a-secret-of-ours",
            environment="",
            scope="write",
            actor=staff,
        )
        request_connect(made, actor=staff)
        outbox.drain()
        yield sink


def add(lane: Lane, url: str, **more: Any) -> Tool:
    given: dict[str, Any] = {"effect": "write", "kind": "edit"} | more
    return add_tool(
        name="crm.do",
        title="Do it",
        adapter="http",
        args_schema={"type": "object", "properties": {"order": {"type": "string"}}},
        settings={"url": url, "headers": {"Authorization": "secret:crm"}},
        actor=lane.world.staff(lane.client),
        **given,
    )


def run(lane: Lane) -> None:
    lane.use(definition(ACT, slug="crm-do"))
    lane.start()
    lane.decide()


def test_a_call_goes_with_a_bearer_token(
    lane: Lane, crm: HttpSink, issuer: AuthorizationFake
) -> None:
    add(lane, f"{crm.url}/v2/orders")
    run(lane)
    assert lane.run().status == "done"
    [sent] = crm.requests
    assert sent["headers"]["Authorization"].removeprefix("Bearer ") in issuer.tokens


def test_a_token_goes_to_no_other_address(lane: Lane, crm: HttpSink) -> None:
    """G4, L6: the host is allowed, and still it is another address."""
    with pytest.raises(Invalid, match="alone"):
        add(lane, f"{crm.url}/v1/orders")
    add(lane, f"{crm.url}/v2/orders")
    for tool in Tool.objects.filter(name="crm.do"):  # as if it was saved before that was checked
        tool.settings |= {"url": f"{crm.url}/v1/orders"}
        tool.save(update_fields=["settings"])
    run(lane)
    assert crm.requests == []
    assert "goes to no other address" in lane.exception().draft["problem"]


def test_a_refused_token_is_asked_for_anew_once(
    lane: Lane, crm: HttpSink, issuer: AuthorizationFake
) -> None:
    add(lane, f"{crm.url}/v2/orders")
    for token in issuer.tokens.values():
        token.ok = False
    run(lane)
    for _ in range(3):
        lane.pass_time(seconds=30)
    assert lane.run().status == "done"
    assert [one["status"] for one in crm.requests] == [401, 200]
    assert issuer.grants() == ["client_credentials", "client_credentials"]
    assert len(crm.effects) == 1
    assert connections().get().generation == 2


def test_a_tool_that_reads_gets_no_connection_that_may_write(lane: Lane, crm: HttpSink) -> None:
    with pytest.raises(Exception, match="crm"):
        add(lane, f"{crm.url}/v2/orders", effect="read", kind=None)
