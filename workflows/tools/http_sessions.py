"""Sessions of outgoing HTTP: they connect only to addresses that were checked."""

import asyncio
import socket
from typing import Any

import aiohttp
from aiohttp.abc import ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.resolver import ThreadedResolver

from tenants.network import outbound, proxies

DNS_SECONDS = 10  # an address that was found is used again


class CheckedResolver(ThreadedResolver):
    """Resolver that refuses a host name with an internal address among its addresses."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if proxies.is_looked_up_there(host, port):
            return [
                ResolveResult(hostname=host, host=host, port=port, family=family, proto=0, flags=0)
            ]
        found = await super().resolve(host, port, family)
        outbound.check_addresses(host, port, [result["host"] for result in found])
        return found


class CheckedConnector(aiohttp.TCPConnector):
    """Connector to checked addresses, through the deployment's proxy where one is set.

    aiohttp's own proxies get the host's name and look it up again; here they get the address.
    """

    async def _wrap_create_connection(
        self, *args: Any, addr_infos: Any, req: Any, timeout: Any, **more: Any
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        if not proxies.is_proxied(req.url.raw_host, req.port):
            return await super()._wrap_create_connection(
                *args, addr_infos=addr_infos, req=req, timeout=timeout, **more
            )
        addresses = [str(info[4][0]) for info in addr_infos]
        try:
            made = await proxies.open_connection(addresses, req.port)
        except OSError as error:
            raise aiohttp.ClientConnectorError(req.connection_key, error) from error
        return await self._wrap_existing_connection(
            *args, req=req, timeout=timeout, sock=made, **more
        )


def checked_session(ssl: Any = True, **more: Any) -> aiohttp.ClientSession:
    """Return a new session of the running loop.

    A host that is an address is not resolved: the caller checks it. ``ssl`` is aiohttp's.
    """
    return aiohttp.ClientSession(
        # No limit here: calls in flight are bounded where they are started.
        connector=CheckedConnector(
            limit=0, ttl_dns_cache=DNS_SECONDS, resolver=CheckedResolver(), ssl=ssl
        ),
        # A cookie that one tenant's system sets must not go along with another tenant's call.
        cookie_jar=aiohttp.DummyCookieJar(),
        # A proxy of the environment must not see tenants' credentials.
        trust_env=False,
        **more,
    )
