"""Outgoing HTTP requests: allowed hosts, checked addresses, no redirects, bounded answers.

Tools make no HTTP request by any other way.
"""

import asyncio
import atexit
import json as json_module
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from tenants import clock
from tenants.errors import Invalid
from tenants.network import outbound
from tenants.network.addresses import Target, parse_url
from workflows.exceptions import causes
from workflows.exceptions.causes import Cause
from workflows.tools import ToolFailed, ToolInDoubt
from workflows.tools.http_sessions import checked_session
from workflows.tools.retry_after import retry_after_seconds

log = logging.getLogger(__name__)

SECONDS = 20.0  # for a whole request
CONNECT_SECONDS = 5.0
LARGEST_ANSWER = 1024 * 1024  # bytes
LONGEST_CHALLENGE = 2_000  # characters
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
UNSENDABLE = re.compile(r"[^\t\x20-\x7e]")  # in a header's value


def check_url(url: str, allowed: list[str]) -> None:
    """Raise Invalid unless a URL is HTTP(S) at an allowed host outside the internal network.

    A host is allowed as written, ``shop.example`` or ``shop.example:9100``; a port in the URL must
    be in the list too.
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
        said = f"“{_without_query(url)}” is no plain http or https address."
        raise Invalid(said, code="bad_url")
    return target


def _without_query(url: str) -> str:
    """Return a URL for people, without its query, which may hold a secret."""
    return url.partition("?")[0][:200]


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Answer to an HTTP request, with its undecoded body and its media type as ``kind``.

    ``wait`` is the number of seconds before which the other side wants no other try, ``lost`` the
    reason why the body is not whole, ``leads_to`` the address of a redirect, ``challenge`` what it
    says of signing in.
    """

    status: int
    kind: str
    body: bytes
    wait: float = 0
    lost: str = ""
    leads_to: str = ""
    challenge: str = ""


@cache
def _session() -> aiohttp.ClientSession:
    """Return the process's session, on the loop that makes calls (``audit.worker.inflight``)."""
    tracing = aiohttp.TraceConfig()
    tracing.on_request_headers_sent.append(_mark_sent)
    made = checked_session(trace_configs=[tracing])
    # Closed on its own loop, in another thread than the one that exits.
    atexit.register(_close, made, asyncio.get_running_loop())
    return made


async def _mark_sent(session: object, context: Any, params: object) -> None:
    """Note that a request is being sent, before its first byte is written."""
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
    body: bytes | None = None,
    timeout: float | None = None,
    largest: int = LARGEST_ANSWER,
    is_encoded: bool = False,
) -> HttpAnswer:
    """Make one HTTP request and return its answer. The caller has checked that the host is allowed.

    ``timeout`` is in seconds, for the whole request; ``largest`` in bytes. ``is_encoded``: the URL
    is sent as it is, with every ``%`` in its place. Raises ToolFailed where nothing was sent,
    ToolInDoubt where the answer was lost.
    """
    target = _checked_target(url)
    _check_sendable(url, headers, json)
    whole = timeout or SECONDS
    sent: list[Any] = []  # empty until the request is sent: then its effect is not known
    with _failures_told(target, url, sent):
        async with _session().request(
            method,
            URL(target.url, encoded=is_encoded),
            headers=headers,
            json=json,
            data=body,
            timeout=_limit(whole),
            # A redirect could lead to a host that was never allowed, with the client's secrets.
            allow_redirects=False,
            trace_request_ctx=sent,
        ) as response:
            return await _read_answer(response, largest)


@asynccontextmanager
async def open_stream(
    method: str,
    url: str,
    *,
    headers: dict[str, str],
    body: bytes | None,
    seconds: float,
    sent: list[Any],
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Make one HTTP request and yield its answer unread, whose body may come bit by bit.

    ``sent`` is filled when the request is being sent. The caller bounds what it reads; nothing is
    read after ``seconds``. Raises as ``send_request`` does.
    """
    target = _checked_target(url)
    _check_sendable(url, headers, None)
    with _failures_told(target, url, sent):
        async with _session().request(
            method,
            URL(target.url),
            headers=headers,
            data=body,
            timeout=_limit(seconds),
            allow_redirects=False,
            trace_request_ctx=sent,
        ) as response:
            yield response


def _limit(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, connect=min(seconds, CONNECT_SECONDS))


@contextmanager
def _failures_told(target: Target, url: str, sent: list[Any]) -> Iterator[None]:
    """Raise ToolFailed for what fails inside before ``sent`` is filled, ToolInDoubt after it."""
    try:
        yield
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise _not_connected(target, error) from error
    except TimeoutError as error:
        if not sent:
            said = f"No connection to {target.netloc} in time."
            raise ToolFailed(said, retryable=True, kind="timeout") from error
        raise ToolInDoubt("It did not answer in time.", kind="timeout") from error
    except Exception as error:
        if not sent:
            log.warning("%s can't be called", target.netloc, exc_info=error)
            said = f"“{_without_query(url)}” can't be called."
            raise ToolFailed(said, cause=Cause.TOOL) from error
        log.warning("the connection to %s broke off", target.netloc, exc_info=error)
        raise ToolInDoubt("The connection broke off.") from error


def _checked_target(url: str) -> Target:
    """Return the target of a URL. Raises ToolFailed for one that may not be called."""
    try:
        target = _target(url)
        # The connector does not ask the resolver for an address written in numbers: check it here.
        outbound.check_outbound_host(target.host, target.port)
    except Invalid as error:
        raise ToolFailed(error.message, cause=causes.of_code(error.code)) from error
    return target


def _not_connected(target: Target, error: Exception) -> ToolFailed:
    """Return the failure to connect: final for a refused address, else another try may help."""
    refused = getattr(error, "os_error", None)
    if isinstance(refused, outbound.AddressRefused):
        return ToolFailed(str(refused), cause=Cause.HOST)
    why = getattr(refused, "strerror", None) or ""
    said = f"No connection to {target.netloc}" + (f": {why}." if why else ".")
    return ToolFailed(said, retryable=True)


def _check_sendable(url: str, headers: dict[str, str], json: Any) -> None:
    """Raise ToolFailed where no request can be made of this, so that nothing was sent."""
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
    """Raise Invalid for a header that can't be sent, without its value, which may be a secret."""
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


async def _read_answer(response: aiohttp.ClientResponse, largest: int) -> HttpAnswer:
    """Return a response with its body, or with the reason why the body was lost.

    An error while reading the body is not raised, because the status is known already.
    """
    body, lost = bytearray(), ""
    try:
        # In chunks: the length that a server announces, or a compressed body, may be a lie.
        async for chunk in response.content.iter_chunked(64 * 1024):
            body += chunk
            if len(body) > largest:
                lost = f"The answer was larger than {largest >> 20} MB, so it was not read."
                break
    except TimeoutError:
        lost = "The answer did not come to its end in time."
    except Exception as error:  # broken compression, chunks and lengths, a connection cut
        log.warning("an answer can't be read", exc_info=error)
        lost = "The answer can't be read."
    kind = response.headers.get("content-type", "")
    return HttpAnswer(
        response.status,
        kind,
        bytes(body),
        wait=retry_after_seconds(response.headers, clock.now()),
        lost=lost,
        leads_to=response.headers.get("location", "")[:300],
        challenge=response.headers.get("www-authenticate", "")[:LONGEST_CHALLENGE],
    )
