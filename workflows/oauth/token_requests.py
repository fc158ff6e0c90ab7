"""Requests to an authorization server: tokens, registration and revocation.

Authlib writes them (RFC 6749, RFC 7009, RFC 7636, RFC 7591), ``egress`` sends them. What an answer
says is never repeated: only the codes of the standards have sentences.
"""

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7009 import prepare_revoke_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from workflows.oauth.discovery import LARGEST, SECONDS, check_endpoint
from workflows.oauth.metadata import BASIC, CODE_GRANT, NONE, POST, ServerMetadata
from workflows.tools import ToolFailed, ToolInDoubt, egress
from workflows.tools.challenges import plain_scope
from workflows.tools.egress import HttpAnswer

LONGEST_TOKEN = 16 * 1024  # characters
LONGEST_ID = 500
SHORTEST_LIFE, LONGEST_LIFE = 10, 10 * 365 * 24 * 3600  # seconds
SENDABLE = re.compile(r"[\x21-\x7e]+")
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
# What the codes of RFC 6749, RFC 8707 and RFC 7591 mean, for people.
CODES = {
    "invalid_grant": "it does not take the sign-in any more",
    "invalid_client": "it does not know Handrail's client id or secret",
    "unauthorized_client": "Handrail may not sign in there in this way",
    "unsupported_grant_type": "it does not offer this way of signing in",
    "invalid_scope": "it does not give the scope that was asked for",
    "invalid_target": "it issues no tokens for this address",
    "invalid_request": "it finds something wrong with the request",
    "access_denied": "access was denied",
    "invalid_redirect_uri": "it does not take the address to come back to",
    "invalid_client_metadata": "it does not register a client like Handrail",
    "server_error": "it had a fault",
    "temporarily_unavailable": "it is too busy",
    "unsupported_response_type": "it does not offer this way of signing in",
    "login_required": "it wants the person to sign in there first",
    "consent_required": "it wants the person's consent first",
}
PASSING = ("server_error", "temporarily_unavailable")  # codes that another try may mend
TOO_MANY = 429  # the status of one that is asked too often


class TokenRefused(Exception):
    """Refusal of an authorization server, in a sentence for people. ``code`` is the standard's."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class TokenUnavailable(Exception):
    """Failure of a request to an authorization server that another try may mend."""


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """Handrail as an authorization server knows it. ``auth`` is how it proves who it is."""

    id: str
    secret: str = field(default="", repr=False)
    auth: str = NONE
    kind: str = ""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """Token that was issued. ``seconds`` is how long it holds, None where that is not said."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    scope: str = ""
    seconds: int | None = None


def new_verifier() -> str:
    """Return a code verifier of PKCE with 256 random bits."""
    return secrets.token_urlsafe(48)


def authorization_url(
    metadata: ServerMetadata, client: OAuthClient, verifier: str, **more: str
) -> str:
    """Return where a person signs in. ``more``: redirect_uri, scope, state, resource."""
    url: str = prepare_grant_uri(
        metadata.authorization_endpoint,
        client_id=client.id,
        response_type="code",
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
        **{name: value for name, value in more.items() if value},
    )
    return url


def auth_method(metadata: ServerMetadata, secret: str) -> str:
    """Return how a client with this secret proves who it is; as the standard has it at first."""
    if not secret:
        return NONE
    return BASIC if BASIC in metadata.auth_methods or POST not in metadata.auth_methods else POST


async def ask_token(
    metadata: ServerMetadata,
    client: OAuthClient,
    grant: str,
    allowed: tuple[str, ...],
    **more: str,
) -> IssuedToken:
    """Return the token that a server issues. Raises TokenRefused, TokenUnavailable."""
    body = prepare_token_request(grant, **more)
    answer = await _send_form(metadata.token_endpoint, client, body, allowed)
    found = _object_of(answer)
    if answer.status >= 400 or "error" in found:
        raise _refusal(metadata, answer, found)
    if answer.status != 200 or answer.lost:
        raise TokenUnavailable(_unreadable(metadata))
    return _issued(metadata, found)


async def revoke_token(
    metadata: ServerMetadata, client: OAuthClient, token: str, allowed: tuple[str, ...]
) -> bool:
    """Ask a server to take a token back (RFC 7009). Return whether it says that it did."""
    body, _ = prepare_revoke_token_request(token)
    try:
        answer = await _send_form(metadata.revocation_endpoint, client, body, allowed)
    except (TokenUnavailable, TokenRefused):
        return False
    return answer.status == 200


async def register_client(
    metadata: ServerMetadata, redirect: str, grants: list[str], scope: str, allowed: tuple[str, ...]
) -> OAuthClient:
    """Register Handrail at a server (RFC 7591). Raises TokenRefused, TokenUnavailable."""
    is_person = CODE_GRANT in grants
    open_ = is_person and (NONE in metadata.auth_methods)
    wanted = NONE if open_ else auth_method(metadata, "any")
    asked: dict[str, Any] = {
        "client_name": "Handrail",
        "application_type": "web",
        "grant_types": grants,
        "token_endpoint_auth_method": wanted,
    }
    asked |= {"redirect_uris": [redirect], "response_types": ["code"]} if is_person else {}
    asked |= {"scope": scope} if scope else {}
    answer = await _send(
        metadata.registration_endpoint,
        {"Content-Type": "application/json", "Accept": "application/json"},
        json.dumps(asked),
        allowed,
    )
    found = _object_of(answer)
    if answer.status not in (200, 201):
        raise _refusal(metadata, answer, found)
    return _registered(metadata, found, wanted)


def _registered(metadata: ServerMetadata, found: dict[str, Any], wanted: str) -> OAuthClient:
    name, secret = found.get("client_id"), found.get("client_secret") or ""
    auth = found.get("token_endpoint_auth_method") or wanted
    is_fit = (
        isinstance(name, str)
        and 0 < len(name) <= LONGEST_ID
        and SENDABLE.fullmatch(name)
        and isinstance(secret, str)
        and len(secret) <= LONGEST_TOKEN
        and auth in (BASIC, POST, NONE)
    )
    if not is_fit:
        raise TokenRefused(_unreadable(metadata))
    return OAuthClient(str(name), secret, auth, "registered")


async def _send_form(
    url: str, client: OAuthClient, body: str, allowed: tuple[str, ...]
) -> HttpAnswer:
    # RFC 6749, 2.3.1: the id and the secret are encoded as in a form before they are joined.
    id_, secret = (
        (quote(client.id, safe=""), quote(client.secret, safe=""))
        if client.auth == BASIC
        else (client.id, client.secret)
    )
    url, headers, body = ClientAuth(id_, secret, client.auth).prepare("POST", url, dict(FORM), body)
    return await _send(url, headers, body, allowed)


async def _send(
    url: str, headers: dict[str, str], body: str, allowed: tuple[str, ...]
) -> HttpAnswer:
    check_endpoint(url, allowed)
    try:
        return await egress.send_request(
            "POST", url, headers=headers, body=body.encode(), timeout=SECONDS, largest=LARGEST
        )
    except (ToolFailed, ToolInDoubt) as error:
        raise TokenUnavailable(str(error)) from error


def _object_of(answer: HttpAnswer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body) if not answer.lost else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _refusal(
    metadata: ServerMetadata, answer: HttpAnswer, found: dict[str, Any]
) -> TokenRefused | TokenUnavailable:
    """Return what a refusal means: final only where the standard's code says so."""
    code = found.get("error")
    is_final = answer.status < 500 and answer.status != TOO_MANY and code not in PASSING
    if is_final and isinstance(code, str) and code in CODES:
        return TokenRefused(f"{metadata.issuer} refused: {CODES[code]}.", code)
    return TokenUnavailable(f"{metadata.issuer} answered {answer.status}.")


def _unreadable(metadata: ServerMetadata) -> str:
    return f"{metadata.issuer} did not answer as an authorization server does."


def _issued(metadata: ServerMetadata, found: dict[str, Any]) -> IssuedToken:
    access, refresh = found.get("access_token"), found.get("refresh_token") or ""
    kind, seconds = found.get("token_type"), found.get("expires_in")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise TokenUnavailable(_unreadable(metadata))
    for one in (access, refresh or "none"):
        if not isinstance(one, str) or len(one) > LONGEST_TOKEN or not SENDABLE.fullmatch(one):
            raise TokenUnavailable(_unreadable(metadata))
    is_number = isinstance(seconds, int | str) and str(seconds).isdecimal()
    # A token that ended as it was issued could never be used: 0 says nothing, as some servers mean.
    given = int(str(seconds)[:12]) if is_number else 0
    life = min(max(given, SHORTEST_LIFE), LONGEST_LIFE) if given else None
    return IssuedToken(str(access), refresh, plain_scope(found.get("scope")), life)
