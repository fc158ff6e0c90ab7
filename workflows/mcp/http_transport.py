"""Transport of the SDK's HTTP client that sends every request through ``egress``.

So addresses are checked, no redirect is followed, and what is read is counted. Imported with
``session``, where a server is called.
"""

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx2

from tenants import clock
from workflows.mcp.wire import CALL, Wire
from workflows.tools import ToolFailed, ToolInDoubt, egress
from workflows.tools.egress import HttpAnswer
from workflows.tools.retry_after import retry_after_seconds

# Set for each request by the client that really sends it.
OWN_HEADERS = {"accept-encoding", "connection", "content-length", "host", "transfer-encoding"}
# Those of an answer that no longer hold once it is read here; a redirect leads nowhere.
DROPPED = {"content-encoding", "content-length", "location", "transfer-encoding"}
LARGEST_REFUSAL = 64 * 1024  # bytes that are read of an answer that is no success
CHUNK = 64 * 1024


class CheckedTransport(httpx2.AsyncBaseTransport):
    """Transport of one conversation. What it sees is noted in ``wire``."""

    def __init__(self, wire: Wire, seconds: float) -> None:
        self._wire, self._seconds = wire, seconds

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and return its answer, whose body comes bit by bit.

        Raises ToolFailed where nothing was sent, ToolInDoubt where the answer was lost.
        """
        wire, body = self._wire, await request.aread()
        wire.count(0)  # nothing is asked any more once too much was read
        headers = {k: v for k, v in request.headers.items() if k.lower() not in OWN_HEADERS}
        is_call = _method_of(body) == CALL
        opened = egress.open_stream(
            request.method,
            str(request.url),
            headers=headers,
            body=body or None,
            seconds=self._seconds,
            sent=wire.sent if is_call else [],
        )
        try:
            answer = await opened.__aenter__()
        except (ToolFailed, ToolInDoubt) as error:
            failure = _of_stage(wire, error)
            if request.method == "POST":  # not that of a stream beside the call
                wire.note(failure)
            raise failure from error
        kept = [(k, v) for k, v in answer.headers.items() if k.lower() not in DROPPED]
        stream: httpx2.AsyncByteStream = _Body(opened, answer, wire)
        if answer.status >= 300:
            stream = await _refused(answer, stream, wire)
        return httpx2.Response(answer.status, headers=kept, stream=stream, request=request)


def _of_stage(wire: Wire, error: ToolFailed | ToolInDoubt) -> ToolFailed | ToolInDoubt:
    """Return a failure as it counts for the call: before the call is sent nothing was done."""
    if isinstance(error, ToolInDoubt) and not wire.sent:
        return ToolFailed(str(error), retryable=True, kind=error.kind, wait=error.wait)
    return error


def _method_of(body: bytes) -> str:
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        return ""
    return str(found.get("method", "")) if isinstance(found, dict) else ""


class _Body(httpx2.AsyncByteStream):
    """Body of an answer, counted as it is read."""

    def __init__(self, opened: AbstractAsyncContextManager[Any], answer: Any, wire: Wire) -> None:
        self._opened, self._answer, self._wire = opened, answer, wire
        self._is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.content.iter_any():
                self._wire.count(len(chunk))
                yield chunk
        except (ToolFailed, ToolInDoubt):
            raise
        except TimeoutError as error:
            said = "Its answer did not come to its end in time."
            self._wire.note(self._wire.broken(said, kind="timeout"))
            raise httpx2.ReadTimeout(said) from error
        except Exception as error:  # a connection cut, broken chunks or compression
            self._wire.note(self._wire.broken("The connection broke off."))
            raise httpx2.ReadError("The connection broke off.") from error

    async def aclose(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            await self._opened.__aexit__(None, None, None)


async def _refused(answer: Any, stream: httpx2.AsyncByteStream, wire: Wire) -> httpx2.ByteStream:
    """Note an answer that is no success, and return what was read of its body."""
    body = bytearray()
    try:
        async for chunk in stream:
            body += chunk
            if len(body) > LARGEST_REFUSAL:
                break
    except (ToolFailed, ToolInDoubt, httpx2.TransportError):
        body.clear()
    finally:
        await stream.aclose()
    wire.refusal = HttpAnswer(
        answer.status,
        answer.headers.get("content-type", ""),
        bytes(body[:LARGEST_REFUSAL]),
        wait=retry_after_seconds(answer.headers, clock.now()),
        leads_to=answer.headers.get("location", "")[:300],
        challenge=answer.headers.get("www-authenticate", "")[: egress.LONGEST_CHALLENGE],
    )
    return httpx2.ByteStream(bytes(body[:LARGEST_REFUSAL]))
