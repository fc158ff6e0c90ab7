"""A server of tools that wants tokens of an authorization server, and a client connected to it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from audit import outbox
from tenants.actors import Actor
from tenants.models import OAuthConnection
from tenants.services.tenants import change_tenant
from tests.fakes.authorization import AuthorizationFake
from tests.fakes.doors import allow
from tests.fakes.mcp import McpFake, Reply, tool
from tests.lanes import Lane
from workflows.mcp.servers import add_server
from workflows.models import McpServer
from workflows.oauth.services import connect_server, issuer_key, receive_answer, sign_in_address
from workflows.oauth.storing import connections

RESOURCE = "/.well-known/oauth-protected-resource/mcp"


def protect(server: McpFake, issuer: AuthorizationFake, *, scope: str = "orders") -> None:
    """Let a server answer only to tokens of an issuer, and say so (RFC 9728)."""
    said: dict[str, Any] = {"resource": server.url, "authorization_servers": [issuer.url]}
    if scope:
        said["scopes_supported"] = [scope]
    server.pages[RESOURCE] = Reply(body=json.dumps(said).encode())
    where = f'Bearer resource_metadata="http://{server.host}{RESOURCE}"'

    def guard(headers: dict[str, Any]) -> Reply | None:
        if issuer.takes(headers, server.url):
            return None
        return Reply(401, headers={"WWW-Authenticate": where})

    server.guard = guard


@dataclass
class Signing:
    """Harbor, its server of tools, and the authorization server of that."""

    lane: Lane
    fake: McpFake
    issuer: AuthorizationFake

    @property
    def staff(self) -> Actor:
        return self.lane.world.staff(self.lane.client)

    def server(self) -> McpServer:
        return McpServer.objects.get()

    def row(self) -> OAuthConnection:
        return connections().get()

    def begin(self) -> OAuthConnection:
        """Press Connect, and let a worker look."""
        connect_server(self.server(), actor=self.staff)
        outbox.drain()
        return self.row()

    def answer(self, actor: Actor | None = None, key: str = "", **more: str | None) -> None:
        """Sign in at the other side, and come back."""
        back = self.issuer.browse(sign_in_address(self.row(), actor=self.staff), **more)
        self.come_back(back, actor=actor, key=key)

    def come_back(self, back: dict[str, str], *, actor: Actor | None = None, key: str = "") -> None:
        found = key or issuer_key(self.lane.tenant().pk, self.issuer.url)
        receive_answer(found, back, actor=actor or self.staff)

    def connect(self) -> OAuthConnection:
        """Connect all the way."""
        self.begin()
        self.answer()
        outbox.drain()
        return self.row()


@pytest.fixture
def fake() -> Iterator[McpFake]:
    with McpFake() as opened:
        allow(opened.host)
        opened.tools = {"look": tool("look"), "refund": tool("refund")}
        yield opened


@pytest.fixture
def issuer() -> Iterator[AuthorizationFake]:
    with AuthorizationFake() as opened:
        allow(opened.host)
        yield opened


@pytest.fixture
def signing(lane: Lane, fake: McpFake, issuer: AuthorizationFake) -> Signing:
    protect(fake, issuer)
    made = Signing(lane, fake, issuer)
    hosts = [*lane.tenant().allowed_hosts, fake.host, issuer.host]
    change_tenant(lane.tenant(), actor=made.staff, allowed_hosts=hosts)
    add_server(name="desk", title="The desk", address=fake.url, actor=made.staff)
    outbox.drain()
    return made
