"""Signing in for the client under test of the conformance suite: our parts, without a database.

A person who agrees at once is played by following the address where one signs in, and reading where
it leads back to.
"""

import json
import os
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psutil

from workflows.oauth import discovery
from workflows.oauth.discovery import ServerSearch
from workflows.oauth.metadata import CLIENT_GRANT, CODE_GRANT, REFRESH_GRANT, issuer_objection
from workflows.oauth.token_requests import (
    OAuthClient,
    ask_token,
    auth_method,
    authorization_url,
    new_verifier,
    register_client,
)
from workflows.tools import egress

REDIRECT = "http://localhost:3000/callback"
# The document that the suite takes for a client's.
DOCUMENT = "https://conformance-test.local/client-metadata.json"
HOSTS = ("localhost", "127.0.0.1")


def loopback() -> list[str]:
    """The places of this machine where something listens: nobody says which are the suite's."""
    listening = [one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    ports = sorted({one.laddr.port for one in listening})
    return [f"{host}:{port}" for host in HOSTS for port in ports]


def scenario() -> dict[str, Any]:
    """What the suite gives a client along: its name, and an id with a secret where it has one."""
    found: dict[str, Any] = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    return found


async def token_for(address: str) -> str:
    """Sign in at a server's authorization server and return the access token."""
    given, allowed = scenario(), tuple(loopback())
    name = os.environ.get("MCP_CONFORMANCE_SCENARIO", "")
    grant = CLIENT_GRANT if "client-credentials" in name else CODE_GRANT
    found = await discovery.find_server(ServerSearch(address, grant, allowed, is_mcp=True))
    metadata, scope = found.metadata, found.scope
    resource = metadata.resource or address
    if given.get("client_id"):
        secret = given.get("client_secret", "")
        client = OAuthClient(given["client_id"], secret, auth_method(metadata, secret), "given")
    elif metadata.takes_documents:
        client = OAuthClient(DOCUMENT, kind="document")
    else:
        grants = [CODE_GRANT, REFRESH_GRANT]
        client = await register_client(metadata, REDIRECT, grants, scope, allowed)
    if grant == CLIENT_GRANT:
        issued = await ask_token(metadata, client, grant, allowed, scope=scope, resource=resource)
        return issued.access
    verifier = new_verifier()
    more = {"redirect_uri": REDIRECT, "resource": resource}
    url = authorization_url(metadata, client, verifier, scope=scope, state="a-state", **more)
    answer = await egress.send_request("GET", url, headers={}, timeout=20)
    back = dict(parse_qsl(urlsplit(answer.leads_to).query))
    assert back["state"] == "a-state"
    assert not issuer_objection(metadata, back.get("iss"))
    issued = await ask_token(
        metadata, client, grant, allowed, code=back["code"], code_verifier=verifier, **more
    )
    return issued.access
