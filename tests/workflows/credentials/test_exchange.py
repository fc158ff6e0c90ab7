"""A secret is exchanged: the new value is used, the former where the new is not known yet."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from approvals.gate.tools import add_tool
from approvals.models import Tool
from audit import outbox
from audit.models import Event
from tenants import clock
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.models import Secret
from tenants.services.keys import reveal_for_call, set_secret
from tenants.services.tenants import change_tenant
from tests.fakes.doors import allow
from tests.fakes.mcp import McpFake, Reply, tool
from tests.fakes.sink import HttpSink
from tests.lanes import Lane
from tests.workflows.definition_kit import definition
from tests.workflows.mcp.mcp_kit import turn_on
from workflows.credentials.exchange import LONGEST, end_exchange, exchange_secret
from workflows.mcp.servers import add_server, request_look
from workflows.models import McpServer

OLD, NEW = "the-old-value-1", "the-new-value-2"
ACT = """
  - name: it
    act: {tool: api.do, args: {order: "input.order_id"}}
"""


@pytest.fixture
def staffed(lane: Lane) -> Lane:
    set_secret(name="api-key", value=OLD, actor=lane.world.staff(lane.client))
    return lane


def exchange(lane: Lane, hours: float = 24, value: str = NEW) -> Secret:
    until = clock.now() + timedelta(hours=hours)
    actor = lane.world.staff(lane.client)
    return exchange_secret("api-key", value=value, until=until, actor=actor)


def row() -> Secret:
    return Secret.objects.get(name="api-key")


def test_both_values_serve_until_the_former_is_removed_by_itself(staffed: Lane) -> None:
    exchange(staffed)
    found = reveal_for_call("api-key", "")
    assert (found.value, found.former, found.values) == (NEW, OLD, [NEW, OLD])
    staffed.pass_time(hours=25)
    assert reveal_for_call("api-key", "").values == [NEW]
    assert (row().former, row().former_until) == (None, None)
    verbs = Event.objects.filter(verb__startswith="secret.").order_by("id")
    assert [one.verb for one in verbs] == ["secret.set", "secret.exchanged", "secret.former_gone"]
    assert OLD not in repr(list(Event.objects.values()))


def test_a_former_value_serves_no_longer_than_said_whoever_is_late(staffed: Lane) -> None:
    exchange(staffed)
    clock.pass_time(timedelta(hours=25))  # and no worker came
    assert reveal_for_call("api-key", "").values == [NEW]


def test_a_former_value_may_be_removed_at_once(staffed: Lane) -> None:
    exchange(staffed)
    actor = staffed.world.staff(staffed.client)
    end_exchange("api-key", actor=actor)
    assert reveal_for_call("api-key", "").values == [NEW]
    with pytest.raises(Conflict):
        end_exchange("api-key", actor=actor)
    staffed.pass_time(hours=25)
    assert Event.objects.filter(verb="secret.former_gone").count() == 1


def test_setting_a_secret_plainly_leaves_no_former_value(staffed: Lane) -> None:
    exchange(staffed)
    set_secret(name="api-key", value="third-value-3", actor=staffed.world.staff(staffed.client))
    assert reveal_for_call("api-key", "").values == ["third-value-3"]


def test_an_exchange_that_can_not_be_is_refused(staffed: Lane) -> None:
    for hours in (-1, LONGEST.total_seconds() / 3600 + 1):
        with pytest.raises(Invalid, match="within 90 days"):
            exchange(staffed, hours)
    with pytest.raises(Invalid, match="empty"):
        exchange(staffed, value=" \u200b ")
    exchange(staffed)
    with pytest.raises(Conflict, match="being exchanged already"):
        exchange(staffed)
    viewer = staffed.client.actor(staffed.client.viewer)
    with pytest.raises(Forbidden):
        end_exchange("api-key", actor=viewer)


@pytest.fixture
def api(staffed: Lane) -> Iterator[HttpSink]:
    """A system that still knows the former value alone."""

    def status(request: dict[str, Any]) -> int:
        return 200 if request["headers"].get("X-Key") == OLD else 401

    with HttpSink(status=status) as sink:
        allow(sink.host)
        actor = staffed.world.staff(staffed.client)
        hosts = [*staffed.tenant().allowed_hosts, sink.host]
        change_tenant(staffed.tenant(), actor=actor, allowed_hosts=hosts)
        yield sink


def add_http(lane: Lane, sink: HttpSink, **more: Any) -> Tool:
    settings = {"url": f"{sink.url}/do", "headers": {"X-Key": "secret:api-key"}}
    return add_tool(
        name="api.do",
        title="Do it",
        adapter="http",
        effect="write",
        kind="edit",
        args_schema={"type": "object", "properties": {"order": {"type": "string"}}},
        settings=settings | more,
        actor=lane.world.staff(lane.client),
    )


def run(lane: Lane) -> None:
    lane.use(definition(ACT, slug="api-do"))
    lane.start()
    lane.decide()


def test_a_write_is_made_with_the_former_value_where_the_new_is_not_known(
    staffed: Lane, api: HttpSink
) -> None:
    add_http(staffed, api)
    exchange(staffed)
    run(staffed)
    assert [one["headers"]["X-Key"] for one in api.requests] == [NEW, OLD]
    assert len(api.effects) == 1
    assert staffed.run().status == "done"
    assert row().former_used_on == clock.now().date()


def test_the_new_value_alone_is_used_where_it_is_known(staffed: Lane, api: HttpSink) -> None:
    add_http(staffed, api)
    api.status = 200
    exchange(staffed)
    run(staffed)
    assert [one["headers"]["X-Key"] for one in api.requests] == [NEW]
    assert row().former_used_on is None
    assert row().used_on == clock.now().date()


@pytest.mark.parametrize("status", [403, 500, 422])
def test_the_former_value_is_tried_after_a_401_alone(
    staffed: Lane, api: HttpSink, status: int
) -> None:
    """D4: anything else may mean that it was done."""
    add_http(staffed, api)
    api.status = status
    exchange(staffed)
    run(staffed)
    assert {one["headers"]["X-Key"] for one in api.requests} == {NEW}


def test_the_former_value_is_not_tried_after_its_time(staffed: Lane, api: HttpSink) -> None:
    add_http(staffed, api)
    exchange(staffed, hours=1)
    clock.pass_time(timedelta(hours=2))
    run(staffed)
    assert {one["headers"]["X-Key"] for one in api.requests} == {NEW}
    assert staffed.exception().draft["cause"] == "key_refused"


def test_neither_value_is_repeated(staffed: Lane, api: HttpSink) -> None:
    """G5"""
    add_http(staffed, api)
    api.status, api.body = 400, {"error": f"{OLD} and {NEW}"}
    exchange(staffed)
    run(staffed)
    said = repr(staffed.exception().draft)
    assert OLD not in said
    assert NEW not in said


def test_webhooks_are_signed_with_both(staffed: Lane, api: HttpSink) -> None:
    api.status = 200
    actor = staffed.world.staff(staffed.client)
    set_secret(name="api-key", value="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", actor=actor)
    exchange(staffed, value="whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
    add_tool(
        name="api.do",
        title="Tell them",
        adapter="webhook",
        effect="write",
        kind="send",
        args_schema={"type": "object", "properties": {"order": {"type": "string"}}},
        settings={"url": f"{api.url}/hook", "type": "order.done", "secrets": ["secret:api-key"]},
        actor=actor,
    )
    run(staffed)
    [sent] = api.requests
    given = {name.lower(): value for name, value in sent["headers"].items()}
    assert len(given["webhook-signature"].split()) == 2
    assert row().former_used_on == clock.now().date()


def test_an_mcp_server_that_knows_the_former_value_is_looked_at_and_called(
    staffed: Lane,
) -> None:
    with McpFake() as fake:
        allow(fake.host)
        fake.tools = {"do": tool("do")}
        actor = staffed.world.staff(staffed.client)
        hosts = [*staffed.tenant().allowed_hosts, fake.host]
        change_tenant(staffed.tenant(), actor=actor, allowed_hosts=hosts)

        def guard(headers: dict[str, Any]) -> Reply | None:
            given = {name.lower(): value for name, value in headers.items()}
            return None if given.get("authorization") == f"Bearer {OLD}" else Reply(401)

        fake.guard = guard
        server = add_server(name="api", address=fake.url, secret="api-key", actor=actor)
        outbox.drain()
        exchange(staffed)
        request_look(server, actor=actor)
        outbox.drain()
        assert McpServer.objects.get().problem == ""
        turn_on(server, "do", actor=actor, effect="write")
        run(staffed)
        assert len(fake.calls) == 1
        assert staffed.run().status == "done"
        assert row().former_used_on == clock.now().date()
