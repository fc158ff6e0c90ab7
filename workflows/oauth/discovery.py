"""Discovery: which authorization server issues a server's tokens, and what it says of itself.

All of it goes through ``egress``, to hosts that the client allows. Nothing here uses the database.
"""

import asyncio
import json
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from django.conf import settings

from tenants.errors import Invalid
from tenants.network.addresses import is_allowed, parse_url
from workflows.oauth.metadata import (
    MetadataProblem,
    ResourceMetadata,
    ServerMetadata,
    read_resource_metadata,
    read_server_metadata,
)
from workflows.tools import ToolFailed, ToolInDoubt, egress
from workflows.tools.challenges import challenge_field, plain_scope
from workflows.tools.egress import HttpAnswer

SECONDS = 15.0  # for one request
LARGEST = 64 * 1024  # bytes of one answer
VERSION = "2025-11-25"
# The first message of a client that knows nothing yet: it is answered with a challenge.
HELLO = {
    "jsonrpc": "2.0",
    "id": "hello",
    "method": "initialize",
    "params": {
        "protocolVersion": VERSION,
        "capabilities": {},
        "clientInfo": {"name": "handrail", "version": "1"},
    },
}


@dataclass(frozen=True, slots=True)
class ServerSearch:
    """Search for the authorization server of ``address``, whose issuer may be given.

    ``allowed`` are the hosts that the client allows; ``grant`` is what is to be asked for.
    """

    address: str
    grant: str
    allowed: tuple[str, ...]
    issuer: str = ""
    is_mcp: bool = False


@dataclass(frozen=True, slots=True)
class FoundServer:
    """Authorization server that was found, and the scope that the resource wants."""

    metadata: ServerMetadata
    scope: str = ""


def check_endpoint(url: str, allowed: tuple[str, ...]) -> None:
    """Raise MetadataProblem unless a URL is https at an allowed host that is not inside.

    Over plain http only a host is called that the deployment names.
    """
    check_encrypted(url)
    try:
        egress.check_url(url, list(allowed))
    except Invalid as error:
        raise MetadataProblem(error.message) from error


def check_encrypted(url: str) -> None:
    """Raise MetadataProblem unless a URL is https, or at a host that the deployment names."""
    target = parse_url(url)
    if target is None:
        raise MetadataProblem("It names an address that is none.")
    named = settings.ALLOWED_PRIVATE_HOSTS
    if target.scheme != "https" and not is_allowed(target.host, target.port, named):
        raise MetadataProblem(f"{target.netloc} is asked over https only.")


async def find_server(search: ServerSearch) -> FoundServer:
    """Return the authorization server of an address. Raises MetadataProblem."""
    if search.issuer:
        return FoundServer(await _server_metadata(search.issuer, search))
    check_endpoint(search.address, search.allowed)
    challenge = await _challenge(search)
    resource = await _resource_metadata(search, challenge_field(challenge, "resource_metadata"))
    scope = plain_scope(challenge_field(challenge, "scope"))
    if resource is None:
        # Servers of before 2025-06-18 are their own authorization server.
        target = parse_url(search.address)
        assert target is not None
        resource = ResourceMetadata(f"{target.scheme}://{target.netloc}")
    metadata = await _server_metadata(resource.issuer, search)
    named = replace(metadata, resource=resource.resource)
    return FoundServer(named, scope or resource.scope)


async def named_issuer(search: ServerSearch) -> str:
    """Return the issuer that a server names now; empty where that is not to be found."""
    found = await _resource_metadata(search, challenge_field(await _challenge(search), METADATA))
    return found.issuer if found else ""


METADATA = "resource_metadata"


async def _challenge(search: ServerSearch) -> str:
    """Return what the server answers to a request without a token; empty where it asks for none."""
    accepts = {"Accept": "application/json, text/event-stream"}
    answer = await (
        _ask("POST", search.address, accepts, HELLO)
        if search.is_mcp
        else _ask("GET", search.address, {"Accept": "application/json"})
    )
    return answer.challenge if answer.status in (401, 403) else ""


async def _resource_metadata(search: ServerSearch, named: str) -> ResourceMetadata | None:
    """Return the first metadata that the server has; None where it has none."""
    addresses = await asyncio.to_thread(_addresses)
    for url in addresses.of_resource(named, search.address):
        check_endpoint(url, search.allowed)
        found = _json_of(await _ask("GET", url, {"Accept": "application/json"}))
        if found is not None:
            return read_resource_metadata(found, search.address)
    return None


async def _server_metadata(issuer: str, search: ServerSearch) -> ServerMetadata:
    addresses = await asyncio.to_thread(_addresses)
    check_endpoint(issuer, search.allowed)
    for url in addresses.of_issuer(issuer):
        check_endpoint(url, search.allowed)
        found = _json_of(await _ask("GET", url, {"Accept": "application/json"}))
        if found is None:
            continue
        metadata = read_server_metadata(found, issuer, search.grant)
        check_endpoint(metadata.token_endpoint, search.allowed)
        if metadata.authorization_endpoint:
            check_encrypted(metadata.authorization_endpoint)  # a person is sent there, not we
        return metadata
    raise MetadataProblem(f"{issuer} does not say how one signs in there (RFC 8414).")


def _addresses() -> ModuleType:
    from workflows.oauth import sdk_addresses

    return sdk_addresses


async def _ask(method: str, url: str, headers: dict[str, str], body: Any = None) -> HttpAnswer:
    try:
        return await egress.send_request(
            method, url, headers=headers, json=body, timeout=SECONDS, largest=LARGEST
        )
    except (ToolFailed, ToolInDoubt) as error:
        raise MetadataProblem(str(error)) from error


def _json_of(answer: HttpAnswer) -> Any:
    """Return the JSON of an answer; None for any other. A redirect is not followed."""
    if answer.status != 200 or answer.lost:
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
