"""Requests for tokens as the RFCs have them, and answers that are none."""

import base64
import json
from typing import Any

import pytest

from tests.fakes.authorization import AuthorizationFake
from tests.fakes.mcp import Reply
from tests.workflows.mcp.mcp_kit import alone
from workflows.oauth.metadata import (
    BASIC,
    CLIENT_GRANT,
    CODE_GRANT,
    NONE,
    POST,
    REFRESH_GRANT,
    ServerMetadata,
    read_server_metadata,
)
from workflows.oauth.token_requests import (
    OAuthClient,
    TokenRefused,
    TokenUnavailable,
    ask_token,
    auth_method,
    authorization_url,
    register_client,
    revoke_token,
)

SECRET = "s3cret: with ä sign"


@pytest.fixture
def metadata(issuer: AuthorizationFake) -> ServerMetadata:
    return read_server_metadata(issuer.metadata(), issuer.url, CODE_GRANT)


def ask(
    issuer: AuthorizationFake, metadata: ServerMetadata, client: OAuthClient, **more: str
) -> Any:
    given = {"scope": "a b", "resource": "https://a.example"} | more
    return alone(ask_token(metadata, client, CLIENT_GRANT, (issuer.host,), **given))


@pytest.mark.parametrize("auth", [BASIC, POST])
def test_a_client_proves_who_it_is(
    issuer: AuthorizationFake, metadata: ServerMetadata, auth: str
) -> None:
    issuer.clients["us:them"] = "a:b%c-secret"
    token = ask(issuer, metadata, OAuthClient("us:them", "a:b%c-secret", auth))
    assert token.access in issuer.tokens
    assert (token.scope, token.seconds, token.refresh) == ("a b", 3600, "")
    asked = issuer.at("/token")[0]
    assert asked.fields["resource"] == "https://a.example"
    assert ("client_secret" in asked.fields) is (auth == POST)
    if auth == BASIC:
        sent = base64.b64decode(asked.headers["Authorization"].removeprefix("Basic ")).decode()
        assert sent == "us%3Athem:a%3Ab%25c-secret"


def test_nothing_secret_is_in_a_representation() -> None:
    """G5"""
    assert "s3cret" not in repr(OAuthClient("us", "s3cret", BASIC))


@pytest.mark.parametrize(
    ("secret", "methods", "wanted"),
    [("", (BASIC,), NONE), ("x", (BASIC, POST), BASIC), ("x", (POST,), POST), ("x", (), BASIC)],
)
def test_the_way_to_prove_it_is_what_the_server_takes(
    secret: str, methods: tuple[str, ...], wanted: str
) -> None:
    assert auth_method(ServerMetadata("x", auth_methods=methods), secret) == wanted


def test_an_address_to_sign_in_keeps_what_its_endpoint_has(metadata: ServerMetadata) -> None:
    odd = ServerMetadata("x", authorization_endpoint="https://a.example/go?tenant=1")
    url = authorization_url(odd, OAuthClient("us"), "v" * 60, state="s", scope="")
    assert url.startswith("https://a.example/go?tenant=1&response_type=code&client_id=us&")
    assert "code_challenge_method=S256" in url
    assert "v" * 60 not in url
    assert "scope" not in url


def test_a_client_is_registered_and_one_that_makes_no_sense_is_not(
    issuer: AuthorizationFake, metadata: ServerMetadata
) -> None:
    def register(**more: Any) -> OAuthClient:
        grants = [CODE_GRANT, REFRESH_GRANT]
        back = "https://portal.example/oauth/callback/k/"
        return alone(register_client(metadata, back, grants, "a", (issuer.host,)))

    made = register()
    assert made.id in issuer.clients
    assert (made.auth, made.secret, made.kind) == (NONE, "", "registered")
    asked = issuer.at("/register")[0].fields
    assert asked["redirect_uris"] == ["https://portal.example/oauth/callback/k/"]
    for odd in ({}, {"client_id": ""}, {"client_id": 5}, {"client_id": "a b"}, []):
        issuer.bend["/register"] = lambda _, odd=odd: Reply(201, json.dumps(odd).encode())
        with pytest.raises(TokenRefused, match="did not answer as"):
            register()
    given = {"client_id": "x", "token_endpoint_auth_method": "private_key_jwt"}
    issuer.bend["/register"] = lambda _: Reply(201, json.dumps(given).encode())
    with pytest.raises(TokenRefused):
        register()
    issuer.bend["/register"] = lambda _: Reply(400, b'{"error": "invalid_redirect_uri"}')
    with pytest.raises(TokenRefused, match="address to come back to"):
        register()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_grant"}, TokenRefused),
        (401, {"error": "invalid_client"}, TokenRefused),
        (200, {"error": "invalid_grant"}, TokenRefused),
        (400, {"error": "slow_down_please"}, TokenUnavailable),
        (429, {}, TokenUnavailable),
        (429, {"error": "invalid_request"}, TokenUnavailable),
        (400, {"error": "temporarily_unavailable"}, TokenUnavailable),
        (400, {"error": "server_error"}, TokenUnavailable),
        (400, {"error": ["invalid_grant"]}, TokenUnavailable),
        (503, {"error": "invalid_grant"}, TokenUnavailable),
        (200, {"access_token": "x", "token_type": "mac"}, TokenUnavailable),
        (200, {"access_token": "x" * 20_000, "token_type": "Bearer"}, TokenUnavailable),
        (200, {"access_token": "x", "token_type": "Bearer", "refresh_token": 5}, TokenUnavailable),
    ],
)
def test_a_refusal_is_final_only_by_the_standards_word(
    issuer: AuthorizationFake, metadata: ServerMetadata, status: int, body: Any, kind: Any
) -> None:
    issuer.bend["/token"] = lambda asked: Reply(status, json.dumps(body).encode())
    with pytest.raises(kind):
        ask(issuer, metadata, OAuthClient("us"))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (3600, 3600),
        ("3600", 3600),
        (None, None),
        (-5, None),
        (1.5, None),
        (True, None),
        (0, None),
        ("0", None),
        (1, 10),
        (10**30, 315_360_000),
    ],
)
def test_a_life_that_makes_no_sense_is_none(
    issuer: AuthorizationFake, metadata: ServerMetadata, said: Any, seconds: int | None
) -> None:
    body = {"access_token": "x", "token_type": "bearer", "expires_in": said}
    issuer.bend["/token"] = lambda asked: Reply(200, json.dumps(body).encode())
    assert ask(issuer, metadata, OAuthClient("us")).seconds == seconds


def test_a_token_is_taken_back(issuer: AuthorizationFake, metadata: ServerMetadata) -> None:
    issuer.clients["us"] = ""
    assert alone(revoke_token(metadata, OAuthClient("us"), "the-token", (issuer.host,)))
    assert issuer.revoked == ["the-token"]
    issuer.bend["/revoke"] = lambda asked: Reply(503)
    assert not alone(revoke_token(metadata, OAuthClient("us"), "the-token", (issuer.host,)))


def test_an_endpoint_that_is_not_allowed_is_not_asked(
    issuer: AuthorizationFake, metadata: ServerMetadata
) -> None:
    """G3"""
    with pytest.raises(Exception, match="not among this client's allowed hosts"):
        alone(ask_token(metadata, OAuthClient("us"), CLIENT_GRANT, ()))
    assert issuer.asked == []
