"""Sessions of outgoing HTTP: they connect only to addresses that were checked."""

import socket
from typing import Any

import aiohttp
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver

from tenants.network import outbound

DNS_SECONDS = 10  # an address that was found is used again


class CheckedResolver(ThreadedResolver):
    """Resolver that refuses a host name with an internal address among its addresses."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await super().resolve(host, port, family)
        outbound.check_addresses(host, port, [result["host"] for result in found])
        return found


def checked_session(ssl: Any = True, **more: Any) -> aiohttp.ClientSession:
    """Return a new session of the running loop.

    A host that is an address is not resolved: the caller checks it. ``ssl`` is aiohttp's.
    """
    return aiohttp.ClientSession(
        # No limit here: calls in flight are bounded where they are started.
        connector=aiohttp.TCPConnector(
            limit=0, ttl_dns_cache=DNS_SECONDS, resolver=CheckedResolver(), ssl=ssl
        ),
        # A cookie that one tenant's system sets must not go along with another tenant's call.
        cookie_jar=aiohttp.DummyCookieJar(),
        # A proxy set for the server must not see tenants' credentials.
        trust_env=False,
        **more,
    )
