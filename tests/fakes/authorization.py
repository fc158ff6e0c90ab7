"""An authorization server on loopback, shaped by the RFCs, whose every answer a test may bend.

    with AuthorizationFake() as server:
        server.bend["/token"] = lambda asked: Reply(500)

It knows RFC 6749 (code with PKCE, client credentials, refresh with rotation), 7009, 7591, 8414,
8707 and 9207. ``asked`` holds each request. ``browse`` is a person's browser who says yes.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from tests.fakes.mcp import Reply
from tests.fakes.sink import Server

WELL_KNOWN = "/.well-known/oauth-authorization-server"


@dataclass
class Asked:
    """A request that came: its path, its fields (query, form or JSON) and its headers."""

    method: str
    path: str
    fields: dict[str, Any]
    headers: dict[str, str]


@dataclass
class Token:
    """An access token that was issued."""

    client: str
    resource: str
    scope: str
    ok: bool = True


Bend = Callable[[Asked], Reply | None]


@dataclass
class AuthorizationFake:
    """An authorization server. ``said`` takes the place of what its metadata says."""

    said: dict[str, Any] = field(default_factory=dict)
    clients: dict[str, str] = field(default_factory=dict)
    seconds: int | None = 3600
    sends_issuer: bool = True
    rotates: bool = True
    registers: bool = True
    bend: dict[str, Bend] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)
    refreshes: dict[str, Token] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.port: int = self._server.server_address[1]
        self._lock = threading.Lock()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def at(self, path: str) -> list[Asked]:
        """The requests to a path, oldest first."""
        return [one for one in self.asked if one.path == path]

    def grants(self) -> list[str]:
        """The grants that tokens were asked for by, oldest first."""
        return [one.fields["grant_type"] for one in self.at("/token")]

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "revocation_endpoint": f"{self.url}/revoke",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": [
                "none",
                "client_secret_basic",
                "client_secret_post",
            ],
        }
        if self.sends_issuer:
            found["authorization_response_iss_parameter_supported"] = True
        if self.registers:
            found["registration_endpoint"] = f"{self.url}/register"
        return {name: value for name, value in (found | self.said).items() if value is not None}

    # -- A person's browser ------------------------------------------------------------

    def browse(self, address: str, **more: str | None) -> dict[str, str]:
        """Say yes at an address to sign in, and return the fields that come back."""
        given = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        assert given["response_type"] == "code"
        assert given["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(24)
        self.codes[code] = given
        back = {"code": code, "state": given["state"]}
        if self.sends_issuer:
            back["iss"] = self.url
        return {name: value for name, value in (back | more).items() if value is not None}

    # -- Endpoints ---------------------------------------------------------------------

    def answer(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            if asked.path in self.bend and (found := self.bend[asked.path](asked)):
                return found
            if asked.path == WELL_KNOWN:
                return _json(self.metadata())
            if asked.path == "/authorize":
                given = parse_qs(urlencode(asked.fields))
                back = self.browse(f"{self.url}/authorize?{urlencode(given, doseq=True)}")
                where = f"{asked.fields['redirect_uri']}?{urlencode(back)}"
                return Reply(302, headers={"Location": where})
            if asked.path == "/register" and self.registers:
                return self._register(asked)
            if asked.path == "/token":
                return self._token(asked)
            if asked.path == "/revoke":
                self.revoked.append(asked.fields["token"])
                return Reply(200)
            return Reply(404)

    def _register(self, asked: Asked) -> Reply:
        name = f"client-{secrets.token_hex(4)}"
        is_open = asked.fields["token_endpoint_auth_method"] == "none"
        self.clients[name] = "" if is_open else secrets.token_urlsafe(24)
        found = asked.fields | {"client_id": name}
        if not is_open:
            found["client_secret"] = self.clients[name]
        return _json(found, 201)

    def _client(self, asked: Asked) -> str | None:
        """Who asks, if they prove it; a document's address proves itself."""
        header = asked.headers.get("Authorization", "")
        name, secret = asked.fields.get("client_id", ""), asked.fields.get("client_secret", "")
        if header.startswith("Basic "):
            name, _, secret = base64.b64decode(header[6:]).decode().partition(":")
            name, secret = unquote(name), unquote(secret)
        if name.startswith("https://") and name not in self.clients:
            return name
        return name if self.clients.get(name) == secret and name in self.clients else None

    def _token(self, asked: Asked) -> Reply:
        given, client = asked.fields, self._client(asked)
        if client is None:
            return _json({"error": "invalid_client"}, 401)
        if given["grant_type"] == "client_credentials":
            token = Token(client, given.get("resource", ""), given.get("scope", ""))
            return self._issue(token, refresh=False)
        if given["grant_type"] == "refresh_token":
            known = self.refreshes.get(given["refresh_token"])
            if known is None or known.client != client:
                return _json({"error": "invalid_grant"}, 400)
            if self.rotates:
                del self.refreshes[given["refresh_token"]]
            return self._issue(Token(client, known.resource, known.scope), refresh=self.rotates)
        return self._exchange(given, client)

    def _exchange(self, given: dict[str, Any], client: str) -> Reply:
        code = self.codes.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            code is None
            or code["client_id"] != client
            or code["code_challenge"] != challenge
            or code["redirect_uri"] != given.get("redirect_uri")
        ):
            return _json({"error": "invalid_grant"}, 400)
        if code.get("resource", "") != given.get("resource", ""):
            return _json({"error": "invalid_target"}, 400)
        return self._issue(Token(client, code.get("resource", ""), code.get("scope", "")))

    def _issue(self, token: Token, *, refresh: bool = True) -> Reply:
        access = f"access-{secrets.token_urlsafe(24)}"
        self.tokens[access] = token
        found: dict[str, Any] = {"access_token": access, "token_type": "Bearer"}
        if self.seconds is not None:
            found["expires_in"] = self.seconds
        if token.scope:
            found["scope"] = token.scope
        if refresh:
            found["refresh_token"] = f"refresh-{secrets.token_urlsafe(24)}"
            self.refreshes[found["refresh_token"]] = token
        return _json(found)

    def takes(self, headers: dict[str, str], resource: str) -> bool:
        """Whether a request to a resource carries a token that was issued for it."""
        given = {name.lower(): value for name, value in headers.items()}
        token = self.tokens.get(given.get("authorization", "").removeprefix("Bearer "))
        return token is not None and token.ok and token.resource == resource

    def secrets_issued(self) -> list[str]:
        """Everything that may be seen nowhere."""
        return [*self.tokens, *self.refreshes, *filter(None, self.clients.values())]

    def _handler(fake) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                parts = urlsplit(self.path)
                fields = {k: v[0] for k, v in parse_qs(parts.query).items()}
                if "json" in self.headers.get("Content-Type", ""):
                    fields |= json.loads(raw or "{}")
                else:
                    fields |= {k: v[0] for k, v in parse_qs(raw).items()}
                asked = Asked(self.command, parts.path, fields, dict(self.headers))
                reply = fake.answer(asked)
                if reply.drop:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.kind)
                self.send_header("Content-Length", str(len(reply.body)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST  # noqa: N815

            def log_message(self, *args: Any) -> None:
                """Nothing."""

        return Handler


def _json(found: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(found).encode())
