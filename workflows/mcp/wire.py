"""State of one conversation with an MCP server, as its transport sees it, and its failures.

The SDK tells little of why a request failed. So the transport notes what it saw.
"""

from dataclasses import dataclass, field
from typing import Any

from workflows.exceptions.causes import Cause
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest, answers, bodies
from workflows.tools.egress import HttpAnswer

LARGEST = 4 * 1024 * 1024  # bytes that one conversation may read
CALL = "tools/call"
CLOSED = -32000  # the SDK's code for a connection that ended
UNREADABLE = -32700  # of JSON-RPC, and the SDK's for an answer that it can't read
# Codes of JSON-RPC with which a server says that it did not begin.
NOT_BEGUN = (-32601, -32602)
TOO_LARGE = f"It sent more than {LARGEST >> 20} MB, so nothing of it was used."


@dataclass(slots=True)
class Wire:
    """What a transport noted: whether the call was sent, how much was read, what failed.

    ``refusal`` is the last HTTP answer that was no success; ``failure`` the first failure to
    connect, send or read; ``wanted`` what the server asked of us that no server gets here.
    """

    sent: list[Any] = field(default_factory=list)
    read: int = 0
    refusal: HttpAnswer | None = None
    failure: ToolFailed | ToolInDoubt | None = None
    wanted: list[str] = field(default_factory=list)
    last_words: str = ""

    def count(self, size: int) -> None:
        """Count bytes that were read. Raises ToolFailed or ToolInDoubt where they are too many."""
        self.read += size
        if self.read > LARGEST:
            self.note(self.broken(TOO_LARGE, retryable=False))
            assert self.failure is not None
            raise self.failure

    def note(self, failure: ToolFailed | ToolInDoubt) -> None:
        """Note a failure, unless an earlier one is noted."""
        self.failure = self.failure or failure

    def broken(
        self, said: str, *, retryable: bool = True, kind: str = "unavailable"
    ) -> ToolFailed | ToolInDoubt:
        """Return the failure of a conversation that ended: in doubt once the call was sent."""
        if self.sent:
            return ToolInDoubt(said, kind=kind)
        if not retryable:
            return ToolFailed(said, cause=Cause.TOOL)
        return ToolFailed(said, retryable=True, kind=kind)


def conversation_failure(
    wire: Wire, request: ToolRequest, error: Exception, hidden: list[str]
) -> ToolFailed | ToolInDoubt:
    """Return what a failed conversation means for the call."""
    found = _failure(wire, request, error, hidden)
    if isinstance(found, ToolFailed) or request.acts:
        return found
    # A call that only reads did no harm, whatever happened to its answer.
    return ToolFailed(str(found), retryable=True, kind=found.kind, wait=found.wait)


def _failure(
    wire: Wire, request: ToolRequest, error: Exception, hidden: list[str]
) -> ToolFailed | ToolInDoubt:
    noted = _noted(error) or wire.failure
    if noted is not None:
        return noted
    error = _plain(error)
    if wire.wanted:
        said = f"It asked for {wire.wanted[0]}, which no server gets from here."
        return wire.broken(said, retryable=False)
    code, message = getattr(error, "code", None), _words(error)
    if wire.refusal is not None and wire.refusal.status >= 300:
        body = answers.body_without_credentials(wire.refusal, hidden)
        return answers.failure_of(request, wire.refusal, body, hidden)
    if isinstance(error, TimeoutError):
        return wire.broken("It did not answer in time.", kind="timeout")
    if code == CLOSED:
        return wire.broken(f"The connection was closed. {wire.last_words}".strip())
    if code == UNREADABLE:  # the SDK's words are about its own types
        return wire.broken("It does not answer as an MCP server does.", retryable=False)
    if code in NOT_BEGUN:
        return ToolFailed(f"It refused: {message}")
    if code is not None and wire.sent:
        return ToolInDoubt(f"It answered with the error {code}: {message}")
    if code is not None:
        return ToolFailed(f"It answered with the error {code}: {message}", retryable=True)
    said = "It does not answer as an MCP server does."
    return wire.broken(f"{said} {wire.last_words}".strip(), retryable=False)


def _words(error: Exception) -> str:
    return bodies.error_words(str(error)) or type(error).__name__


def _noted(error: BaseException) -> ToolFailed | ToolInDoubt | None:
    """Return the failure that a transport raised, out of the groups it came in."""
    if isinstance(error, ToolFailed | ToolInDoubt):
        return error
    if not isinstance(error, BaseExceptionGroup):
        return None
    for inner in error.exceptions:
        if found := _noted(inner):
            return found
    return None


def _plain(error: BaseException) -> Exception:
    """Return the error that a group of errors is about: the first that is no group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, Exception) else RuntimeError(str(error))
