"""Answers that a browser brings back: taken once, from whoever began, for the issuer asked."""

from datetime import timedelta
from typing import Any

import pytest

from audit import outbox
from tenants import clock
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.models import Secret
from tenants.scope import tenant_scope
from tenants.services.keys import set_secret
from tests.workflows.oauth.oauth_kit import Signing
from workflows.mcp.servers import change_server
from workflows.oauth.services import (
    add_connection,
    client_document,
    connect_server,
    document_address,
    issuer_key,
    receive_answer,
    redirect_address,
    request_connect,
    sign_in_address,
    tenant_of_state,
)


def back(signing: Signing, **more: str | None) -> dict[str, str]:
    """What a browser brings back from the attempt under way."""
    signing.begin()
    return signing.issuer.browse(sign_in_address(signing.row(), actor=signing.staff), **more)


def key(signing: Signing) -> str:
    return issuer_key(signing.lane.tenant().pk, signing.issuer.url)


def test_an_answer_is_taken_once(signing: Signing) -> None:
    given = back(signing)
    signing.come_back(given)
    with pytest.raises(Conflict, match="not under way"):
        signing.come_back(given)
    outbox.drain()
    with pytest.raises(Conflict):
        signing.come_back(given)
    assert len(signing.issuer.at("/token")) == 1
    assert signing.row().state == "connected"


def test_an_answer_that_another_person_brings_is_not_taken(signing: Signing) -> None:
    """Whoever steals a state, or makes somebody open an answer, gets nothing connected."""
    given, world = back(signing), signing.lane.world
    admin = signing.lane.client.actor(world.admin)
    assert admin.id != signing.staff.id
    with pytest.raises(Conflict):
        signing.come_back(given, actor=admin)
    with pytest.raises(Forbidden):
        signing.come_back(given, actor=signing.lane.client.actor(signing.lane.client.viewer))
    with pytest.raises(Conflict):
        sign_in_address(signing.row(), actor=admin)
    assert signing.row().state == "ready"
    signing.come_back(given)


def test_an_answer_is_not_taken_in_another_tenant(signing: Signing) -> None:
    """T2"""
    given, other = back(signing), signing.lane.world.quill
    with tenant_scope(other.tenant.pk), pytest.raises(Conflict):
        receive_answer(key(signing), given, actor=signing.lane.world.staff(other))
    with pytest.raises(Conflict):  # nor at the address that is for another client's issuer
        signing.come_back(given, key=issuer_key(other.tenant.pk, signing.issuer.url))


@pytest.mark.parametrize(
    "state", ["", "x", "..", "\ud800", "a" * 10_000, f"{0:032}.made-up", "\x00"]
)
def test_a_state_that_nobody_began_is_not_taken(signing: Signing, state: str) -> None:
    given = back(signing)
    with pytest.raises(Conflict):
        signing.come_back(given | {"state": state})


def test_a_state_names_its_tenant_or_nothing(signing: Signing) -> None:
    assert tenant_of_state(back(signing)["state"]) == signing.lane.tenant().pk
    assert tenant_of_state("nonsense") is None
    assert tenant_of_state("a" * 300) is None


def test_an_answer_that_comes_too_late_is_not_taken(signing: Signing) -> None:
    given = back(signing)
    clock.pass_time(timedelta(minutes=11))
    with pytest.raises(Conflict):
        signing.come_back(given)


def test_an_answer_of_another_issuer_is_not_exchanged(signing: Signing) -> None:
    """RFC 9207: a mix-up. The state is used up all the same."""
    given = back(signing, iss="https://evil.example")
    signing.come_back(given)
    assert "another authorization server" in signing.row().problem
    outbox.drain()
    assert signing.issuer.at("/token") == []
    with pytest.raises(Conflict):
        signing.come_back(given)


@pytest.mark.parametrize("more", ["/", "#", "?", " "])
def test_an_issuer_is_compared_to_the_letter(signing: Signing, more: str) -> None:
    """RFC 9207, 2.4: also a slash at its end makes it another one."""
    signing.come_back(back(signing, iss=f"{signing.issuer.url}{more}"))
    outbox.drain()
    assert signing.issuer.at("/token") == []
    assert "another authorization server" in signing.row().problem


def test_an_answer_with_an_issuer_that_is_no_address_is_not_exchanged(signing: Signing) -> None:
    signing.come_back(back(signing, iss="http://["))
    assert "another authorization server" in signing.row().problem


@pytest.mark.parametrize("odd", ["é" * 32, "\ud800", "x" * 5000])
def test_an_answer_to_an_address_that_is_none_is_not_taken(signing: Signing, odd: str) -> None:
    given = back(signing)
    with pytest.raises(Conflict):
        signing.come_back(given, key=odd)


def test_an_answer_without_its_issuer_is_not_exchanged_where_it_is_promised(
    signing: Signing,
) -> None:
    signing.come_back(back(signing, iss=None))
    assert "where it comes from" in signing.row().problem


def test_an_issuer_is_checked_wherever_it_is_named(signing: Signing) -> None:
    signing.issuer.sends_issuer = False
    signing.come_back(back(signing, iss="https://evil.example"))
    assert "another authorization server" in signing.row().problem
    signing.come_back(back(signing))
    outbox.drain()
    assert signing.row().state == "connected"


def test_an_answer_to_the_address_of_another_issuer_is_not_taken(signing: Signing) -> None:
    """RFC 9700, 4.4.2"""
    given = back(signing)
    other = issuer_key(signing.lane.tenant().pk, "https://other.example")
    with pytest.raises(Conflict):
        signing.come_back(given, key=other)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"error": "access_denied", "code": None}, "access was denied"),
        ({"error": "<script>", "code": None}, "it was refused there"),
        ({"code": None}, "has no code"),
        ({"code": "a b"}, "has no code"),
        ({"code": "x" * 5000}, "has no code"),
    ],
)
def test_an_answer_without_a_code_says_why(
    signing: Signing, more: dict[str, Any], said: str
) -> None:
    signing.come_back(back(signing, **more))
    row = signing.row()
    assert (row.state, row.attempt) == ("new", None)
    assert said in row.problem
    assert "script" not in row.problem


def test_a_refused_attempt_leaves_a_connection_as_it_was(signing: Signing) -> None:
    signing.connect()
    signing.come_back(back(signing, error="access_denied"))
    assert signing.row().state == "connected"
    assert signing.row().access is not None


def test_a_code_that_does_not_fit_its_challenge_is_refused_by_the_server(
    signing: Signing,
) -> None:
    """A code that was begun elsewhere is worth nothing here (PKCE)."""
    given = back(signing)
    other = dict(signing.issuer.codes[given["code"]], code_challenge="x" * 43)
    signing.issuer.codes["stolen"] = other
    signing.come_back(given | {"code": "stolen"})
    outbox.drain()
    assert "does not take the sign-in any more" in signing.row().problem


def test_another_address_of_the_server_drops_the_connection(signing: Signing) -> None:
    """G4"""
    signing.connect()
    moved = f"{signing.fake.url}/v2"
    change_server(signing.server(), actor=signing.staff, address=moved)
    row = signing.row()
    assert (row.state, row.access, row.client_id, row.address) == ("lost", None, "", moved)
    assert row.problem == "Its server is at another address."
    assert signing.server().issuer == ""


def test_a_name_that_is_taken_and_a_connection_set_as_a_secret_are_refused(
    signing: Signing,
) -> None:
    signing.begin()
    with pytest.raises(Conflict, match="There is a secret called"):
        add_connection(name="desk-sign-in", address=signing.fake.url, actor=signing.staff)
    with pytest.raises(Conflict, match="is a connection"):
        set_secret(name="desk-sign-in", value="mine", actor=signing.staff)
    assert Secret.objects.get(name="desk-sign-in").kind == "oauth"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"address": "ftp://x"}, "whole address"),
        ({"address": "https://a.example/?q=1"}, "whole address"),
        ({"address": "https://a.example"}, "not among this client's allowed hosts"),
        ({"issuer": "http://169.254.169.254"}, "https only"),
        ({"client_id": "x"}, "issuer that this client id is for"),
        ({"client_secret": "x"}, "client id that the secret is for"),
        ({"wanted_scope": "a  b"}, "words with one blank"),
        ({"client_id": "a\nb"}, "no blanks"),
    ],
)
def test_fields_that_can_not_be_are_refused(
    signing: Signing, fields: dict[str, str], said: str
) -> None:
    given = {"address": signing.fake.url} | fields
    with pytest.raises(Invalid, match=said):
        add_connection(name="crm", actor=signing.staff, **given)


def test_whoever_may_not_configure_may_not_connect(signing: Signing) -> None:
    viewer = signing.lane.client.actor(signing.lane.client.viewer)
    signing.begin()
    for act in (
        lambda: connect_server(signing.server(), actor=viewer),
        lambda: request_connect(signing.row(), actor=viewer),
        lambda: sign_in_address(signing.row(), actor=viewer),
    ):
        with pytest.raises(Forbidden):
            act()


def test_the_document_about_us_names_itself_and_where_browsers_come_back() -> None:
    found = client_document("k" * 32)
    assert found["client_id"] == document_address("k" * 32)
    assert found["redirect_uris"] == [redirect_address("k" * 32)]
    assert found["token_endpoint_auth_method"] == "none"
