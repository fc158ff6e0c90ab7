"""Conversations with MCP servers, by the official SDK: what a server offers, and one call.

Imported where a server is called: the SDK takes seconds and 60 MB.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import anyio
import httpx2
import mcp_types as types
from mcp.client.session import ClientRequestContext, ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import MCPError
from mcp.shared.jsonrpc_dispatcher import JSONRPCDispatcher
from mcp_types.version import LATEST_HANDSHAKE_VERSION, MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from workflows.exceptions.causes import Cause
from workflows.mcp import stdio_transport
from workflows.mcp.commands import ServerCommand
from workflows.mcp.http_transport import CheckedTransport
from workflows.mcp.offers import LONGEST_NAME, LONGEST_TEXT, MOST_TOOLS, OfferedTool, ServerOffer
from workflows.mcp.wire import Wire
from workflows.tools import ToolFailed

MOST_PAGES = 20
FIRST_PAUSE, LAST_PAUSE = 0.1, 3.0  # seconds, each pause twice the one before
NAME, VERSION = "handrail", "1"
SAMPLING, ROOTS = "a model's answer (sampling)", "our files (roots)"
URL_MODE = "a person to open an address (URL mode)"
UNKEPT = "A text of it holds a character that can't be kept."
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # as JSON writes it
UNASKED = "an answer from a person while the call was under way"


@dataclass(frozen=True, slots=True)
class Destination:
    """Server to converse with: an address with its headers, or a command with its environment."""

    address: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    command: ServerCommand | None = None
    environment: dict[str, str] = field(default_factory=dict)
    revision: str = ""  # as spoken last; the newest is tried first where it is not known


class OwnIdDispatcher(JSONRPCDispatcher):
    """Dispatcher whose requests have ids of their own in all conversations with a server.

    A retry with an answer is another request, and nobody guesses the id of one that waits.
    """

    async def send_raw_request(
        self,
        method: str,
        params: Mapping[str, Any] | None,
        opts: CallOptions | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Send a request under a fresh id and return its result."""
        given: CallOptions = {**(opts or {}), "request_id": f"r-{uuid4().hex}"}
        return await super().send_raw_request(method, params, given, **more)


class GuardedSession(ClientSession):
    """Session in which a server may ask a person by a form, and nothing else of us.

    Answers are not checked against their schema here: that is done elsewhere, within limits.
    """

    def __init__(self, read: Any, write: Any, wire: Wire) -> None:
        super().__init__(
            dispatcher=OwnIdDispatcher(read, write),
            sampling_callback=self._refuse_sampling,
            elicitation_callback=self._refuse_question,
            list_roots_callback=self._refuse_roots,
            client_info=types.Implementation(name=NAME, version=VERSION),
        )
        self._wire = wire

    def _build_capabilities(self, version: str) -> types.ClientCapabilities:
        # Before 2026-07-28 a question needs an open connection until a person answers.
        if version not in MODERN_PROTOCOL_VERSIONS:
            return types.ClientCapabilities()
        form = types.ElicitationCapability(form=types.FormElicitationCapability())
        return types.ClientCapabilities(elicitation=form)

    async def validate_tool_result(self, name: str, result: types.CallToolResult) -> None:
        """Check nothing: the SDK would apply a server's patterns without any limit of time."""

    async def _refuse_sampling(self, context: ClientRequestContext, params: Any) -> types.ErrorData:
        return self._refuse(SAMPLING)

    async def _refuse_question(self, context: ClientRequestContext, params: Any) -> types.ErrorData:
        is_url = isinstance(params, types.ElicitRequestURLParams)
        return self._refuse(URL_MODE if is_url else UNASKED)

    async def _refuse_roots(self, context: ClientRequestContext) -> types.ErrorData:
        return self._refuse(ROOTS)

    def _refuse(self, wanted: str) -> types.ErrorData:
        self._wire.wanted.append(wanted)
        return types.ErrorData(code=types.INVALID_REQUEST, message=f"No server gets {wanted}.")


@asynccontextmanager
async def open_session(
    destination: Destination, wire: Wire, seconds: float
) -> AsyncIterator[GuardedSession]:
    """Open a conversation and agree on a revision, within ``seconds`` for all of it."""
    async with AsyncExitStack() as stack:
        stack.enter_context(anyio.fail_after(seconds))
        if destination.command is not None:
            streams: Any = stdio_transport.process_streams(
                destination.command, destination.environment, wire
            )
        else:
            client = httpx2.AsyncClient(
                transport=CheckedTransport(wire, seconds),
                headers=destination.headers,
                timeout=None,  # the transport has one for all
                trust_env=False,
            )
            await stack.enter_async_context(client)
            streams = streamable_http_client(destination.address, http_client=client)
        read, write = await stack.enter_async_context(streams)
        session = await stack.enter_async_context(GuardedSession(read, write, wire))
        await _greet(session, destination.revision)
        yield session


async def _greet(session: ClientSession, revision: str) -> None:
    """Agree on a revision: the one that was spoken last first, else the newest."""
    first, second = session.discover, session.initialize
    ways: list[Callable[[], Awaitable[Any]]] = [first, second]
    if revision and revision not in MODERN_PROTOCOL_VERSIONS:
        ways.reverse()
    try:
        await ways[0]()
    except (MCPError, RuntimeError, ValidationError):
        await ways[1]()


async def offer_of(session: GuardedSession, place: str, issuer: str) -> ServerOffer:
    """Return what the server offers. Raises ToolFailed where it offers more than is read."""
    tools: list[types.Tool] = []
    capabilities = session.server_capabilities
    cursor, pages = None, 0
    while capabilities is not None and capabilities.tools is not None:
        params = types.PaginatedRequestParams(cursor=cursor) if cursor else None
        page = await session.list_tools(params=params)
        tools, cursor, pages = [*tools, *page.tools], page.next_cursor, pages + 1
        if len(tools) > MOST_TOOLS or (cursor and pages >= MOST_PAGES):
            raise _unusable(f"It offers more than {MOST_TOOLS} tools.")
        if not cursor:
            break
    names = [tool.name for tool in tools]
    if len(set(names)) < len(names):
        raise _unusable("It offers two tools of one name.")
    info = session.server_info
    return ServerOffer(
        place=place,
        issuer=issuer,
        instructions=_bounded(session.instructions or ""),
        tools=tuple(map(_offered, tools)),
        revision=session.protocol_version or LATEST_HANDSHAKE_VERSION,
        software=f"{info.name} {info.version}"[:200].replace("\x00", "") if info else "",
    )


def _offered(tool: types.Tool) -> OfferedTool:
    dumped = tool.model_dump(by_alias=True, mode="json", exclude_none=True)
    name = _bounded(tool.name)
    if not name or len(name) > LONGEST_NAME:
        raise _unusable(f"The name of a tool has one to {LONGEST_NAME} characters.")
    if NUL.search(json.dumps(dumped, ensure_ascii=False)):
        raise _unusable(UNKEPT)
    return OfferedTool(
        name=name,
        title=_bounded(tool.title or ""),
        description=_bounded(tool.description or ""),
        input_schema=dumped.get("inputSchema", {}),
        output_schema=dumped.get("outputSchema"),
        annotations=dumped.get("annotations"),
    )


def _bounded(text: str) -> str:
    """Return a text of a server. Raises ToolFailed for one too long, or that can't be kept."""
    if len(text) > LONGEST_TEXT:
        raise _unusable(f"A text of it has more than {LONGEST_TEXT:,} characters.")
    if "\x00" in text:
        raise _unusable(UNKEPT)
    return text


def _unusable(said: str) -> ToolFailed:
    return ToolFailed(said, cause=Cause.TOOL)


async def call_tool(
    session: GuardedSession, name: str, args: dict[str, Any], resumed: dict[str, Any] | None
) -> dict[str, Any]:
    """Call a tool and return its result as JSON: an answer, or a question (``input_required``).

    ``resumed`` has the answers to an earlier question, and the state that came with it untouched.
    """
    more: dict[str, Any] = {}
    pause = FIRST_PAUSE
    if resumed is not None:
        answers = {key: types.ElicitResult(**one) for key, one in resumed["answers"].items()}
        more = {"input_responses": answers or None, "request_state": resumed["state"]}
    found = await session.call_tool(name, args, allow_input_required=True, **more)
    # A state without a question: the server wants to be asked again a little later.
    while isinstance(found, types.InputRequiredResult) and not found.input_requests:
        if pause > LAST_PAUSE:
            raise _unusable("It asked to be asked again, and came to no end.")
        await anyio.sleep(pause)
        pause *= 2
        more = {"request_state": found.request_state}
        found = await session.call_tool(name, args, allow_input_required=True, **more)
    dumped: dict[str, Any] = found.model_dump(by_alias=True, mode="json", exclude_none=True)
    return dumped
