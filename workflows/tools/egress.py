"""The only way out over HTTP: allowed hosts, checked addresses, no redirects, bounded answers."""

import asyncio
import atexit
import json as json_module
import logging
import re
import socket
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from tenants import clock
from tenants.errors import Invalid
from tenants.network import outbound
from tenants.network.addresses import Target, parse_url
from workflows.exceptions import causes
from workflows.exceptions.causes import Cause
from workflows.tools import ToolFailed, ToolInDoubt
from workflows.tools.retry_after import wait_of

log = logging.getLogger(__name__)

SECONDS = 20.0  # for a whole request
CONNECTING = 5.0
LARGEST_ANSWER = 1024 * 1024  # bytes
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
UNSENDABLE = re.compile(r"[^\t\x20-\x7e]")  # in a header's value


def check_url(url: str, allowed: list[str]) -> None:
    """Raise Invalid unless the address is HTTP(S) at an allowed host that does not lead inside.

    A host is allowed as written, ``shop.example`` or ``shop.example:9100``; with a port
    in the address, the port must be in the list too.
    """
    target = _target(url)
    written = urlsplit(url).netloc.lower()
    if written not in {host.lower() for host in allowed}:
        raise Invalid(
            f"{written} is not among this client's allowed hosts. Add it there first.",
            code="host_not_allowed",
        )
    outbound.check_outbound_host(target.host, target.port)


def _target(url: str) -> Target:
    target = parse_url(url)
    if target is None:
        raise Invalid(f"“{url[:200]}” is no plain http or https address.", code="bad_url")
    return target


class CheckedResolver(ThreadedResolver):
    """A resolver whose answers may all be called."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await super().resolve(host, port, family)
        outbound.check_addresses(host, port, [result["host"] for result in found])
        return found


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back, unread: ``kind`` is its media type.

    ``wait`` is for how many seconds the other side asked to be left alone, ``lost`` why its
    body is not whole, ``leads_to`` the address it names instead of its own.
    """

    status: int
    kind: str
    body: bytes
    wait: float = 0
    lost: str = ""
    leads_to: str = ""


@cache
def _session() -> aiohttp.ClientSession:
    """The process's session, on the one loop that makes calls (``audit.worker.inflight``)."""
    tracing = aiohttp.TraceConfig()
    tracing.on_request_headers_sent.append(_note_sending)
    made = aiohttp.ClientSession(
        trace_configs=[tracing],
        # How many calls are in flight is bounded where they are launched.
        connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=10, resolver=CheckedResolver()),
        # What one tenant's shop sets must not go along with another's call.
        cookie_jar=aiohttp.DummyCookieJar(),
        # A proxy set for the server must not see tenants' credentials.
        trust_env=False,
    )
    atexit.register(_close, made, asyncio.get_running_loop())
    return made


async def _note_sending(session: object, context: Any, params: object) -> None:
    """Called before the first byte of a request is written."""
    context.trace_request_ctx.append(params)


def _close(session: aiohttp.ClientSession, loop: asyncio.AbstractEventLoop) -> None:
    if not loop.is_closed():
        asyncio.run_coroutine_threadsafe(session.close(), loop).result(2)


async def send_request(
    method: str,
    url: str,
    *,
    headers: dict[str, str],
    json: Any = None,
    timeout: float | None = None,
) -> HttpAnswer:
    """Make one request, ``timeout`` seconds long at most; the host was allowed before.

    ``timeout`` is in seconds, for connecting and for each wait on the other side.

    Raises ToolFailed where nothing was asked, ToolInDoubt where the answer was lost.
    """
    try:
        target = _target(url)
        # The connector takes an address written in numbers as it is, past the resolver.
        outbound.check_outbound_host(target.host, target.port)
    except Invalid as error:
        raise ToolFailed(error.message, cause=causes.of_code(error.code)) from error
    _check_sendable(url, headers, json)
    whole = timeout or SECONDS
    limit = aiohttp.ClientTimeout(total=whole, connect=min(whole, CONNECTING))
    sent: list[Any] = []  # empty as long as nothing was written
    try:
        async with _session().request(
            method,
            target.url,
            headers=headers,
            json=json,
            timeout=limit,
            allow_redirects=False,
            trace_request_ctx=sent,
        ) as response:
            return await _answer(response)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise _not_connected(target, error) from error
    except TimeoutError as error:
        if not sent:
            said = f"No connection to {target.netloc} in time."
            raise ToolFailed(said, again=True, kind="timeout") from error
        raise ToolInDoubt("It did not answer in time.", kind="timeout") from error
    except Exception as error:
        if not sent:
            log.warning("%s can't be called", target.netloc, exc_info=error)
            raise ToolFailed(f"“{url[:200]}” can't be called.", cause=Cause.TOOL) from error
        log.warning("the connection to %s broke off", target.netloc, exc_info=error)
        raise ToolInDoubt("The connection broke off.") from error


def _not_connected(target: Target, error: Exception) -> ToolFailed:
    """A refused address stays refused; one that nobody answers at may answer later."""
    refused = getattr(error, "os_error", None)
    if isinstance(refused, outbound.AddressRefused):
        return ToolFailed(str(refused), cause=Cause.HOST)
    why = getattr(refused, "strerror", None) or ""
    said = f"No connection to {target.netloc}" + (f": {why}." if why else ".")
    return ToolFailed(said, again=True)


def _check_sendable(url: str, headers: dict[str, str], json: Any) -> None:
    """Raise ToolFailed for what no request can be made of: then surely nothing was asked."""
    try:
        URL(url)
        json_module.dumps(json, allow_nan=False).encode()
        check_headers(headers)
    except Invalid as error:
        raise ToolFailed(error.message, cause=causes.of_code(error.code)) from error
    except (TypeError, ValueError, RecursionError) as error:
        said = f"This can't be sent as a request: {str(error)[:200]}"
        raise ToolFailed(said, cause=Cause.DATA) from error


def check_headers(headers: dict[str, str]) -> None:
    """Raise Invalid for a header that can't be sent. Its value is not told: it may be a secret."""
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name):
            raise Invalid(
                f"“{name[:60]}” can't be a header's name. Use letters, digits and hyphens.",
                code="bad_header",
            )
        if not isinstance(value, str) or UNSENDABLE.search(value):
            raise Invalid(
                f"The header {name} holds a character that can't be sent, such as a line end or "
                "an accented letter. Set it again, or the secret it names.",
                code="bad_header",
            )


async def _answer(response: aiohttp.ClientResponse) -> HttpAnswer:
    """What came back. The status is known already, so whatever befalls the body takes nothing
    of that away.
    """
    body, lost = b"", ""
    try:
        async for chunk in response.content.iter_chunked(64 * 1024):
            body += chunk
            if len(body) > LARGEST_ANSWER:
                lost = "The answer was larger than 1 MB, so it was not read."
                break
    except TimeoutError:
        lost = "The answer did not come to its end in time."
    except Exception as error:  # broken compression, chunks and lengths, a connection cut
        log.warning("an answer can't be read", exc_info=error)
        lost = "The answer can't be read."
    kind = response.headers.get("content-type", "")
    leads_to = response.headers.get("location", "")[:300]
    wait = wait_of(response.headers, clock.now())
    return HttpAnswer(response.status, kind, body, wait=wait, lost=lost, leads_to=leads_to)
