"""A person connects a server: found, registered, signed in, exchanged, and pinned to its issuer."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from approvals.models import Tool
from audit import outbox
from audit.models import Event, Outbox
from tenants.models import OAuthConnection
from tenants.services.keys import reveal_secret
from tests.fakes.authorization import WELL_KNOWN, Asked
from tests.fakes.mcp import Reply
from tests.workflows.mcp.mcp_kit import turn_on
from tests.workflows.oauth.oauth_kit import RESOURCE, Signing
from workflows.oauth.services import disconnect, sign_in_address


def test_a_person_connects_a_server_and_its_tools_are_read(signing: Signing) -> None:
    """G4"""
    assert signing.server().problem.startswith("It refused with 401")
    row = signing.begin()
    assert (row.state, row.problem, row.issuer) == ("ready", "", signing.issuer.url)
    asked = parse_qs(urlsplit(sign_in_address(row, actor=signing.staff)).query)
    assert asked["resource"] == [signing.fake.url]
    assert asked["scope"] == ["orders"]
    assert asked["code_challenge_method"] == ["S256"]
    signing.answer()
    assert signing.row().state == "exchanging"
    outbox.drain()
    row = signing.row()
    assert (row.state, row.scope, row.generation) == ("connected", "orders", 1)
    assert row.connected_by_id == signing.staff.id
    token = signing.issuer.at("/token")[0].fields
    assert token["resource"] == signing.fake.url
    found = signing.server()
    assert (found.problem, found.issuer) == ("", signing.issuer.url)
    assert [one["name"] for one in found.seen["tools"]] == ["look", "refund"]
    verbs = Event.objects.filter(verb__startswith="connection.").values_list("verb", flat=True)
    assert list(verbs.order_by("id")) == ["connection.added", "connection.connected"]


def test_nothing_secret_is_kept_in_plain_text(signing: Signing) -> None:
    """G5"""
    signing.connect()
    kept = [dict(row) for row in OAuthConnection.objects.values()]
    kept += [dict(row) for row in Event.objects.values()]
    kept += [dict(row) for row in Outbox.objects.values()]
    found = repr(
        [
            {name: bytes(v) if isinstance(v, memoryview) else v for name, v in row.items()}
            for row in kept
        ]
    )
    for secret in signing.issuer.secrets_issued():
        assert secret not in found
    assert reveal_secret("desk-sign-in", signing.fake.url) in signing.issuer.tokens


def test_a_client_id_of_a_document_is_used_where_the_server_reads_it(
    signing: Signing, settings: Any
) -> None:
    settings.BASE_URL = "https://portal.example"
    signing.issuer.said["client_id_metadata_document_supported"] = True
    row = signing.connect()
    assert row.state == "connected"
    assert row.client_id.startswith("https://portal.example/oauth/client/")
    assert signing.issuer.at("/register") == []


def test_a_server_that_registers_nobody_says_what_to_do(signing: Signing) -> None:
    signing.issuer.registers = False
    row = signing.begin()
    assert row.state == "new"
    assert "Register Handrail there" in row.problem


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"code_challenge_methods_supported": None}, "PKCE with S256"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE with S256"),
        ({"issuer": "https://other.example"}, "names another issuer"),
        ({"token_endpoint": "http://169.254.169.254/token"}, "asked over https only"),
        ({"token_endpoint": "https://169.254.169.254/token"}, "not among this client's allowed"),
        ({"token_endpoint": None}, "where it issues tokens"),
        ({"authorization_endpoint": None}, "where people sign in"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "no plain address"),
        ({"registration_endpoint": "https://10.0.0.1/r"}, "not among this client's allowed"),
    ],
)
def test_metadata_that_would_lead_astray_is_refused(
    signing: Signing, said: dict[str, Any], problem: str
) -> None:
    """G3, G9"""
    signing.issuer.said = said
    row = signing.begin()
    assert row.state == "new"
    assert problem in row.problem
    assert row.access is None


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"resource": "https://elsewhere.example/mcp"}, "about another address"),
        ({"authorization_servers": ["http://169.254.169.254/"]}, "asked over https only"),
        ({"authorization_servers": ["https://10.1.2.3/"]}, "not among this client's allowed"),
        ({"authorization_servers": ["https://evil.example"]}, "not among this client's allowed"),
        ({"authorization_servers": []}, "which authorization server"),
        ({"authorization_servers": "x"}, "which authorization server"),
    ],
)
def test_a_resource_that_names_what_it_may_not_is_refused(
    signing: Signing, said: dict[str, Any], problem: str
) -> None:
    """G3, G9"""
    was = json.loads(signing.fake.pages[RESOURCE].body)
    signing.fake.pages[RESOURCE] = Reply(body=json.dumps(was | said).encode())
    assert problem in signing.begin().problem


def test_tokens_are_asked_for_what_the_server_calls_itself(signing: Signing) -> None:
    """RFC 8707: to the letter, as the server may compare texts."""
    called = f"http://{signing.fake.host}"  # without the path of the address, and without a slash
    was = json.loads(signing.fake.pages[RESOURCE].body)
    signing.fake.pages[RESOURCE] = Reply(body=json.dumps(was | {"resource": called}).encode())
    row = signing.begin()
    asked = parse_qs(urlsplit(sign_in_address(row, actor=signing.staff)).query)
    assert asked["resource"] == [called]
    signing.answer()
    outbox.drain()
    assert signing.issuer.at("/token")[0].fields["resource"] == called


def test_a_challenge_that_names_an_inside_address_is_not_followed(signing: Signing) -> None:
    """G3, G9"""
    where = 'Bearer resource_metadata="http://169.254.169.254/latest"'
    signing.fake.guard = lambda headers: Reply(401, headers={"WWW-Authenticate": where})
    assert "asked over https only" in signing.begin().problem


def test_a_redirect_is_not_followed(signing: Signing) -> None:
    """G3"""
    leads = {"Location": f"{signing.issuer.url}/elsewhere"}
    signing.issuer.bend[WELL_KNOWN] = lambda asked: Reply(302, headers=leads)
    assert "does not say how one signs in" in signing.begin().problem
    assert signing.issuer.at("/elsewhere") == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"x" * 10_000_000),
        Reply(200, b"<html>Hello</html>", kind="text/html"),
        Reply(200, b'{"access_token": "abc"}'),
        Reply(200, b'{"access_token": "a\\nb", "token_type": "bearer"}'),
        Reply(200, b'{"access_token": ["abc"], "token_type": "bearer"}'),
        Reply(200, b"[" * 100_000),
        Reply(500, b'{"error": "invalid_grant", "access_token": "tok-leaked-1234567"}'),
        Reply(400, b'{"error": "tok-leaked-1234567"}'),
        Reply(302, headers={"Location": "http://169.254.169.254/"}),
        Reply(drop=True),
    ],
)
def test_a_token_endpoint_that_misbehaves_is_a_problem_without_its_words(
    signing: Signing, reply: Reply
) -> None:
    """G5"""
    signing.issuer.bend["/token"] = lambda asked: reply
    row = signing.connect()
    assert row.state == "new"
    assert "Connect again." in row.problem
    assert "leaked" not in row.problem
    assert "html" not in row.problem
    assert len(signing.issuer.at("/token")) == 1


def test_a_later_attempt_takes_the_place_of_an_earlier_one(signing: Signing) -> None:
    signing.begin()
    first = signing.issuer.browse(sign_in_address(signing.row(), actor=signing.staff))
    signing.begin()
    with pytest.raises(Exception, match="not under way"):
        signing.come_back(first)
    signing.answer()
    outbox.drain()
    assert signing.row().state == "connected"


def test_another_issuer_drops_all_of_the_former_and_switches_the_tools_off(
    signing: Signing,
) -> None:
    """G4: no client and no token goes to another issuer."""
    signing.connect()
    turn_on(signing.server(), "look", actor=signing.staff)
    former = signing.row()
    was = json.loads(signing.fake.pages[RESOURCE].body)
    with type(signing.issuer)() as other:
        from tenants.services.tenants import change_tenant
        from tests.fakes.doors import allow

        allow(other.host)
        tenant = signing.lane.tenant()
        hosts = [*tenant.allowed_hosts, other.host]
        change_tenant(tenant, actor=signing.staff, allowed_hosts=hosts)
        said = was | {"authorization_servers": [other.url]}
        signing.fake.pages[RESOURCE] = Reply(body=json.dumps(said).encode())
        row = signing.begin()
        assert row.issuer == other.url
        assert row.client_id != former.client_id
        assert row.access is None
        assert not Tool.objects.get(name="desk.look").enabled
        assert Event.objects.filter(verb="connection.lost").count() == 1
        sent = json.dumps([one.fields for one in other.asked], default=str)
        for secret in signing.issuer.secrets_issued():
            assert secret not in sent


def test_ending_a_connection_has_its_tokens_taken_back(signing: Signing) -> None:
    row = signing.connect()
    disconnect(row, actor=signing.staff)
    assert signing.row().access is None
    outbox.drain()
    row = signing.row()
    assert (row.state, row.problem, row.attempt) == ("ended", "", None)
    assert len(signing.issuer.revoked) == 2
    assert Event.objects.filter(verb="connection.ended").count() == 1


def test_a_server_that_takes_nothing_back_is_told_of(signing: Signing) -> None:
    row = signing.connect()
    signing.issuer.bend["/revoke"] = lambda asked: Reply(503)
    disconnect(row, actor=signing.staff)
    outbox.drain()
    assert "End it there too" in signing.row().problem


def no_token(asked: Asked) -> Reply:
    raise AssertionError(asked)


def test_a_client_that_staff_gave_is_sent_to_its_issuer_alone(signing: Signing) -> None:
    from workflows.oauth.services import add_connection, request_connect

    signing.issuer.clients["ours"] = "a-secret-of-the-client"
    signing.issuer.bend["/register"] = no_token
    made = add_connection(
        name="crm",
        address=signing.fake.url,
        grant="client",
        issuer=signing.issuer.url,
        client_id="ours",
        client_secret="a-secret-of-the-client",
        wanted_scope="read",
        actor=signing.staff,
    )
    request_connect(made, actor=signing.staff)
    outbox.drain()
    row = signing.row()
    assert (row.state, row.problem, row.scope) == ("connected", "", "read")
    assert signing.issuer.grants() == ["client_credentials"]
    assert signing.issuer.at("/token")[0].headers["Authorization"].startswith("Basic ")
