"""The only way out over HTTP: allowed hosts, checked addresses, no redirects, bounded answers."""

import asyncio
import atexit
import json as json_module
import math
import re
import socket
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from tenants import outbound
from tenants.addresses import Target, parse_url
from tenants.errors import Invalid
from tenants.json_depth import is_deeper
from workflows.tools import ToolFailed, ToolInDoubt

SECONDS = 20.0  # for a whole request
CONNECTING = 5.0
LARGEST_ANSWER = 1024 * 1024  # bytes
UNSENDABLE = re.compile("[\r\n\x00]")  # in a header


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
    outbound.check_host(target.host, target.port)


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
class Answer:
    """What came back, unread: ``kind`` is its media type."""

    status: int
    kind: str
    body: bytes


@cache
def _session() -> aiohttp.ClientSession:
    """The process's session, on the one loop that makes calls (``audit.flight``)."""
    made = aiohttp.ClientSession(
        # How many calls are in flight is bounded where they are launched.
        connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=10, resolver=CheckedResolver()),
        # What one tenant's shop sets must not go along with another's call.
        cookie_jar=aiohttp.DummyCookieJar(),
        # A proxy set for the server must not see tenants' credentials.
        trust_env=False,
    )
    atexit.register(_close, made, asyncio.get_running_loop())
    return made


def _close(session: aiohttp.ClientSession, loop: asyncio.AbstractEventLoop) -> None:
    if not loop.is_closed():
        asyncio.run_coroutine_threadsafe(session.close(), loop).result(2)


async def ask(
    method: str,
    url: str,
    *,
    headers: dict[str, str],
    json: Any = None,
    timeout: float | None = None,
) -> Answer:
    """Make one request, ``timeout`` seconds long at most; the host was allowed before.

    ``timeout`` is in seconds, for connecting and for each wait on the other side.

    Raises ToolFailed where nothing was asked, ToolInDoubt where the answer was lost.
    """
    try:
        target = _target(url)
        # The connector takes an address written in numbers as it is, past the resolver.
        outbound.check_host(target.host, target.port)
    except Invalid as error:
        raise ToolFailed(error.message) from error
    _check_sendable(url, headers, json)
    whole = timeout or SECONDS
    limit = aiohttp.ClientTimeout(total=whole, connect=min(whole, CONNECTING))
    try:
        async with _session().request(
            method, target.url, headers=headers, json=json, timeout=limit, allow_redirects=False
        ) as response:
            kind = response.headers.get("content-type", "")
            return Answer(response.status, kind, await _body(response))
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise _not_connected(target, error) from error
    except aiohttp.InvalidURL as error:
        raise ToolFailed(f"“{url[:200]}” can't be called.") from error
    except TimeoutError as error:
        raise ToolInDoubt("It did not answer in time.", kind="timeout") from error
    except aiohttp.ClientError as error:
        raise ToolInDoubt(f"The connection broke off: {type(error).__name__}") from error


def _not_connected(target: Target, error: Exception) -> ToolFailed:
    """A refused address stays refused; one that nobody answers at may answer later."""
    refused = getattr(error, "os_error", None)
    if isinstance(refused, outbound.AddressRefused):
        return ToolFailed(str(refused))
    return ToolFailed(f"No connection to {target.netloc}: {error}", again=True)


def _check_sendable(url: str, headers: dict[str, str], json: Any) -> None:
    """Raise ToolFailed for what no request can be made of: then surely nothing was asked."""
    try:
        URL(url)
        json_module.dumps(json).encode()
        for name, value in headers.items():
            f"{name}: {value}".encode()
            if not name or UNSENDABLE.search(name) or UNSENDABLE.search(value):
                raise ValueError("a header holds a line break or NUL")
    except (TypeError, ValueError, RecursionError) as error:
        raise ToolFailed(f"This can't be sent as a request: {str(error)[:200]}") from error


async def send(
    method: str,
    url: str,
    *,
    headers: dict[str, str],
    json: Any = None,
    timeout: float | None = None,
) -> tuple[int, Any]:
    """Like ``ask``, the answer read so that Postgres can keep it. Returns status and body."""
    answer = await ask(method, url, headers=headers, json=json, timeout=timeout)
    return answer.status, _decoded(answer)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for chunk in response.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise ToolInDoubt("The answer was larger than 1 MB, so it was not read.")
    return body


def _decoded(answer: Answer) -> Any:
    """The answer as JSON if it is some that Postgres can keep, else as text."""
    text = answer.body.decode("utf-8", "replace").replace("\x00", "\ufffd")
    if "json" in answer.kind:
        try:
            return loads(text)
        except (ValueError, RecursionError):
            pass
    return text[:4000]


def loads(text: str) -> Any:
    """JSON without NaN, NUL and half surrogate pairs. Raises ValueError for those.

    A number that no float holds exactly is kept as its text, so that it is shown as it came.
    """
    value = json_module.loads(text, parse_constant=_no_number, parse_float=_exactly)
    if is_deeper(value):
        raise ValueError("it is nested too deep")
    kept = json_module.dumps(value, ensure_ascii=False, allow_nan=False)
    kept.encode()
    if "\\u0000" in kept:
        raise ValueError("Postgres keeps no NUL")
    return value


def _exactly(text: str) -> float | str:
    found = float(text)
    try:
        is_exact = math.isfinite(found) and Decimal(repr(found)) == Decimal(text)
    except InvalidOperation:  # an exponent that decimals don't hold either
        is_exact = False
    return found if is_exact else text


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
