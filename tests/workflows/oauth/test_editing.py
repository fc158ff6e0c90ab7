"""Connections are changed and deleted, and no token outlives what it was issued for."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.gate.tools import add_tool, change_tool
from approvals.models import Tool
from audit import outbox
from audit.models import Event
from tenants import clock
from tenants.errors import Conflict, DomainError, Forbidden, Invalid
from tenants.models import OAuthConnection, Secret
from tests.lanes import Lane
from tests.workflows.oauth.oauth_kit import Signing
from workflows.mcp.servers import change_server
from workflows.oauth.editing import change_connection, delete_connection, given_settings
from workflows.oauth.services import add_connection, disconnect, request_connect
from workflows.oauth.storing import connections

ADDRESS = "https://api.shop.example/v2"


def add_shop(lane: Lane, **fields: Any) -> OAuthConnection:
    given = {"name": "shop", "address": ADDRESS, "wanted_scope": "orders"} | fields
    return add_connection(actor=lane.world.staff(lane.client), **given)


@pytest.fixture
def shop(lane: Lane) -> OAuthConnection:
    tenant = lane.tenant()
    hosts = [*tenant.allowed_hosts, "api.shop.example", "login.shop.example", "crm.example"]
    type(tenant).objects.filter(pk=tenant.pk).update(allowed_hosts=hosts)
    return add_shop(lane)


def change(lane: Lane, connection: OAuthConnection, **changes: Any) -> OAuthConnection:
    row = OAuthConnection.objects.select_related("secret").get(pk=connection.pk)
    purpose = {"environment": row.secret.environment, "scope": row.secret.scope}
    given = given_settings(row) | purpose | changes
    change_connection(row, actor=lane.world.staff(lane.client), **given)
    return OAuthConnection.objects.select_related("secret").get(pk=connection.pk)


def add_user(lane: Lane, **fields: Any) -> Tool:
    given: dict[str, Any] = {
        "name": "shop.orders",
        "title": "Orders of the shop",
        "adapter": "http",
        "effect": "read",
        "settings": {"url": f"{ADDRESS}/orders", "headers": {"Authorization": "secret:shop"}},
        "args_schema": {"type": "object", "properties": {}},
    }
    return add_tool(actor=lane.world.staff(lane.client), **(given | fields))


def test_settings_change_and_the_record_says_which(lane: Lane, shop: OAuthConnection) -> None:
    new = {"address": "https://crm.example", "wanted_scope": "orders refunds", "grant": "client"}
    changed = change(lane, shop, **new)
    assert (changed.address, changed.wanted_scope, changed.grant) == tuple(new.values())
    event = Event.objects.filter(verb="connection.changed").get()
    assert event.after == new
    assert event.before == {"address": ADDRESS, "wanted_scope": "orders", "grant": "code"}


def test_nothing_is_recorded_where_nothing_changed(lane: Lane, shop: OAuthConnection) -> None:
    change(lane, shop)
    assert not Event.objects.filter(verb="connection.changed").exists()


def test_a_client_secret_stays_with_its_client_id_alone(lane: Lane, shop: OAuthConnection) -> None:
    issuer = "https://login.shop.example"
    first = change(lane, shop, issuer=issuer, client_id="one", client_secret="s3cret")
    assert first.client_secret is not None
    kept = change(lane, shop, wanted_scope="all")
    assert kept.client_secret == first.client_secret
    assert change(lane, shop, client_id="two").client_secret is None
    assert "s3cret" not in str(list(Event.objects.values_list("before", "after")))


def test_what_was_found_out_is_dropped_with_the_settings_it_came_from(signing: Signing) -> None:
    signing.connect()
    disconnect(signing.row(), actor=signing.staff)
    outbox.drain()
    assert signing.row().client_id
    changed = change(signing.lane, signing.row(), wanted_scope="other")
    assert (changed.client_id, changed.metadata, changed.state) == ("", {}, "lost")


@pytest.mark.parametrize(
    "new",
    [
        {"wanted_scope": "all"},
        {"sends_resource": False},
        {"grant": "client"},
        {"address": "https://crm.example"},
    ],
    ids=str,
)
def test_a_token_keeps_its_settings(signing: Signing, new: dict[str, Any]) -> None:
    signing.connect()
    with pytest.raises(Conflict, match="Disconnect it first"):
        change(signing.lane, signing.row(), **new)
    assert signing.row().access is not None


def test_what_it_is_for_changes_while_it_is_connected(signing: Signing) -> None:
    signing.connect()
    changed = change(signing.lane, signing.row(), environment="test", scope="read")
    assert (changed.secret.environment, changed.secret.scope) == ("test", "read")
    assert changed.access is not None


def test_it_is_for_no_tool_that_does_not_fit(lane: Lane, shop: OAuthConnection) -> None:
    add_user(lane)
    with pytest.raises(Invalid, match="Orders of the shop only reads"):
        change(lane, shop, scope="write")
    with pytest.raises(Invalid, match="acts for real"):
        change(lane, shop, environment="test")
    with pytest.raises(Invalid, match="Orders of the shop calls"):
        change(lane, shop, address="https://crm.example")
    assert Secret.objects.get(name="shop").scope == ""


def test_a_new_one_is_for_no_tool_that_does_not_fit(lane: Lane, shop: OAuthConnection) -> None:
    """The tool named it before it was there."""
    url = "https://crm.example/orders"
    add_user(lane, settings={"url": url, "headers": {"Authorization": "secret:crm"}})
    with pytest.raises(Invalid, match="only reads"):
        add_shop(lane, name="crm", address="https://crm.example", scope="write")


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({"address": "http://169.254.169.254/x"}, ""),
        ({"address": "https://elsewhere.example"}, "elsewhere.example"),
        ({"address": "no address"}, "whole address"),
        ({"client_id": "one"}, "Give the issuer"),
        ({"client_secret": "x"}, "Give the client id"),
        ({"wanted_scope": "a\nb"}, "A scope is words"),
    ],
    ids=str,
)
def test_wrong_settings_are_refused(
    lane: Lane, shop: OAuthConnection, new: dict[str, Any], said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        change(lane, shop, **new)


def test_the_address_of_a_server_of_tools_is_that_of_the_server(signing: Signing) -> None:
    signing.begin()
    with pytest.raises(Invalid, match="Change the address of that server"):
        change(signing.lane, signing.row(), address=f"http://{signing.issuer.host}/other")


def test_an_attempt_under_way_is_void_after_a_change(signing: Signing) -> None:
    begun = signing.begin()
    assert begun.attempt_hash
    changed = change(signing.lane, begun, wanted_scope="other")
    assert (changed.attempt_hash, changed.attempt, changed.state) == ("", None, "new")


def test_one_that_nothing_uses_is_deleted_with_its_secret(
    lane: Lane, shop: OAuthConnection
) -> None:
    delete_connection(shop, actor=lane.world.staff(lane.client))
    assert not OAuthConnection.objects.exists()
    assert not Secret.objects.filter(name="shop").exists()
    assert Event.objects.get(verb="connection.deleted").before == {"address": ADDRESS}
    assert add_shop(lane).state == "new"  # the name is free again


def test_one_that_a_tool_uses_stays(lane: Lane, shop: OAuthConnection) -> None:
    tool, staff = add_user(lane), lane.world.staff(lane.client)
    with pytest.raises(Conflict, match="It is used by Orders of the shop"):
        delete_connection(shop, actor=staff)
    change_tool(tool, actor=staff, settings={"url": f"{ADDRESS}/orders"})
    delete_connection(shop, actor=staff)
    assert not OAuthConnection.objects.exists()


def test_one_with_a_token_stays_until_the_token_is_taken_back(signing: Signing) -> None:
    signing.connect()
    change_server(signing.server(), actor=signing.staff, secret="", carrier="")
    with pytest.raises(Conflict, match="Disconnect it first"):
        delete_connection(signing.row(), actor=signing.staff)
    disconnect(signing.row(), actor=signing.staff)
    with pytest.raises(Conflict, match="being taken back"):
        delete_connection(signing.row(), actor=signing.staff)
    with pytest.raises(Conflict, match="being taken back"):
        change(signing.lane, signing.row(), wanted_scope="x")
    with pytest.raises(Conflict, match="being taken back"):
        request_connect(signing.row(), actor=signing.staff)
    outbox.drain()
    assert len(signing.issuer.at("/revoke")) == 2
    delete_connection(signing.row(), actor=signing.staff)
    assert not connections().exists()


def test_a_server_of_tools_keeps_its_connection(signing: Signing) -> None:
    signing.begin()
    with pytest.raises(Conflict, match="It is used by The desk"):
        delete_connection(signing.row(), actor=signing.staff)


def test_a_job_of_a_deleted_connection_does_nothing(lane: Lane, shop: OAuthConnection) -> None:
    staff = lane.world.staff(lane.client)
    request_connect(shop, actor=staff)
    delete_connection(shop, actor=staff)
    outbox.drain()
    with pytest.raises(DomainError):
        delete_connection(shop, actor=staff)


def test_only_staff_who_configure_may(lane: Lane, shop: OAuthConnection) -> None:
    owner = lane.client.actor()
    with pytest.raises(Forbidden):
        delete_connection(shop, actor=owner)
    with pytest.raises(Forbidden):
        change_connection(shop, **given_settings(shop), environment="", scope="", actor=owner)


def test_one_whose_tokens_are_never_taken_back_is_connected_again(signing: Signing) -> None:
    signing.connect()
    disconnect(signing.row(), actor=signing.staff)
    with clock.at(clock.now() + timedelta(minutes=3)):
        request_connect(signing.row(), actor=signing.staff)
    assert signing.row().state == "looking"
