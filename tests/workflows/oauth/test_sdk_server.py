"""A real server of the official SDK that demands tokens is connected, looked at and called."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from mcp.server import MCPServer
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings

from audit import outbox
from tenants.services.tenants import change_tenant
from tests.fakes.authorization import AuthorizationFake
from tests.fakes.doors import allow
from tests.fakes.mcp import McpFake
from tests.lanes import Lane
from tests.workflows.definition_kit import definition
from tests.workflows.mcp.mcp_kit import turn_on
from tests.workflows.oauth.oauth_kit import Signing
from workflows.mcp.servers import add_server

ACT = """
  - name: it
    act: {tool: real.refund, args: {order: "input.order_id"}}
"""


@pytest.fixture
def real(issuer: AuthorizationFake) -> Iterator[str]:
    """Its address. It takes tokens that the issuer issued for it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/mcp"

    class Verifier:
        async def verify_token(self, token: str) -> AccessToken | None:
            found = issuer.tokens.get(token)
            if found is None or not found.ok:
                return None
            scopes = found.scope.split()
            return AccessToken(
                token=token, client_id=found.client, scopes=scopes, resource=found.resource
            )

    made = MCPServer(
        "real",
        token_verifier=Verifier(),
        auth=AuthSettings(
            issuer_url=issuer.url,  # type: ignore[arg-type]
            resource_server_url=url,  # type: ignore[arg-type]
            required_scopes=["orders"],
            validate_token_resource=True,
        ),
    )

    @made.tool()
    def refund(order: str) -> str:
        """Refund an order."""
        return f"Refunded {order}."

    app = made.streamable_http_app(stateless_http=True, json_response=True)
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    yield url
    server.should_exit = True
    thread.join(10)


def test_a_server_of_the_sdk_is_connected_and_called(
    lane: Lane, real: str, issuer: AuthorizationFake
) -> None:
    host = real.split("/")[2]
    allow(host)
    staff = lane.world.staff(lane.client)
    hosts = [*lane.tenant().allowed_hosts, host, issuer.host]
    change_tenant(lane.tenant(), actor=staff, allowed_hosts=hosts)
    add_server(name="real", address=real, actor=staff)
    outbox.drain()
    signing = Signing(lane, McpFake(), issuer)
    assert signing.server().problem.startswith("It refused with 401")
    row = signing.connect()
    assert (row.state, row.problem, row.scope) == ("connected", "", "orders")
    assert signing.server().problem == ""
    turn_on(signing.server(), "refund", actor=staff, effect="write")
    lane.use(definition(ACT, slug="real-refund"))
    lane.start()
    for token in issuer.tokens.values():
        token.ok = False  # it is renewed once, as the real server answers 401
    lane.decide()
    for _ in range(3):
        lane.pass_time(seconds=30)
    assert lane.run().status == "done"
    assert issuer.grants() == ["authorization_code", "refresh_token"]
    for token in issuer.tokens.values():
        token.scope = "something:else"
    lane.start(order_id="10413")
    lane.decide()
    lane.pass_time(seconds=30)
    raised = lane.exception()
    assert raised.draft["cause"] == "connection"
    assert "lacks" in raised.draft["problem"]
