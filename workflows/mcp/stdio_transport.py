"""Transport of MCP over the pipes of a process of our own: limits, bare environment, killed after.

The SDK's own lends the process variables of ours and reads lines of any length. Imported with
``session``, where a server is called.
"""

import asyncio
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCMessage, jsonrpc_message_adapter

from tenants.errors import Invalid
from workflows.exceptions.causes import Cause
from workflows.mcp.commands import ServerCommand
from workflows.mcp.wire import CALL, LARGEST, Wire
from workflows.tools import ToolFailed

CPU_SECONDS = 60
LARGEST_FILE = 64 * 1024 * 1024  # bytes
MOST_FILES = 256  # open at once
GRACE = 1.0  # seconds to end by itself after its input is closed
KEPT_WORDS = 300  # characters of its errors
# In a process of its own, because code between fork and exec is not safe beside threads.
LIMITED = (
    "import json, os, resource, sys; "
    "[resource.setrlimit(int(k), (v, v)) for k, v in json.loads(sys.argv[1]).items()]; "
    "os.execvp(sys.argv[2], sys.argv[2:])"
)

Read = anyio.abc.ObjectReceiveStream[SessionMessage | Exception]
Write = anyio.abc.ObjectSendStream[SessionMessage]


@asynccontextmanager
async def process_streams(
    command: ServerCommand, environment: dict[str, str], wire: Wire
) -> AsyncIterator[tuple[Read, Write]]:
    """Start a server's process and yield the streams of its messages; kill its group at the end.

    Raises ToolFailed where it can't be started.
    """
    with tempfile.TemporaryDirectory(prefix="mcp-") as home:
        process = await _started(command, _environment(command, environment, home), home)
        to_us, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        write, from_us = anyio.create_memory_object_stream[SessionMessage](0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_read_lines, process, to_us, wire)
            tasks.start_soon(_write_lines, process, from_us, wire)
            tasks.start_soon(_read_errors, process, wire)
            try:
                yield read, write
            finally:
                with anyio.CancelScope(shield=True):
                    await _stop(process)
                    for stream in (read, write, to_us, from_us):
                        await stream.aclose()
                tasks.cancel_scope.cancel()


def _environment(command: ServerCommand, more: dict[str, str], home: str) -> dict[str, str]:
    """Return the whole environment of a process: nothing of ours but where programs are."""
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
    bare = {"PATH": path, "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8"}
    return bare | command.environment | more


async def _started(
    command: ServerCommand, environment: dict[str, str], home: str
) -> asyncio.subprocess.Process:
    limits = {
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: LARGEST_FILE,
        resource.RLIMIT_NOFILE: MOST_FILES,
        resource.RLIMIT_CORE: 0,
    } | ({resource.RLIMIT_AS: command.memory << 20} if command.memory else {})
    program = shutil.which(command.line[0], path=environment["PATH"])
    if program is None:
        raise ToolFailed("The program of this command is not installed here.", cause=Cause.TOOL)
    line = (program, *command.line[1:])
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-c", LIMITED, json.dumps(limits), *line),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=home,
            env=environment,
            start_new_session=True,  # a group of its own, which is killed whole
            limit=LARGEST,
        )
    except (OSError, ValueError) as error:
        said = f"The server's process can't be started: {error}"[:KEPT_WORDS]
        raise ToolFailed(said, cause=Cause.TOOL) from error


async def _read_lines(
    process: asyncio.subprocess.Process,
    to_us: anyio.abc.ObjectSendStream[SessionMessage | Exception],
    wire: Wire,
) -> None:
    assert process.stdout is not None
    async with to_us:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            while line := await _line(process.stdout, wire):
                await to_us.send(_message(line))


async def _line(stream: asyncio.StreamReader, wire: Wire) -> bytes:
    try:
        line = await stream.readline()
    except ValueError:  # a line longer than the limit
        line = b""
        wire.count(LARGEST + 1)
    wire.count(len(line))
    return line


def _message(line: bytes) -> SessionMessage | Exception:
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError as error:
        return error


async def _write_lines(
    process: asyncio.subprocess.Process,
    from_us: anyio.abc.ObjectReceiveStream[SessionMessage],
    wire: Wire,
) -> None:
    assert process.stdin is not None
    async with from_us:
        async for one in from_us:
            if getattr(one.message, "method", "") == CALL:
                wire.sent.append(CALL)
            process.stdin.write(_text(one.message))
            with suppress(ConnectionError):  # it ended, which its output tells
                await process.stdin.drain()


def _text(message: JSONRPCMessage) -> bytes:
    return (message.model_dump_json(by_alias=True, exclude_unset=True) + "\n").encode()


async def _read_errors(process: asyncio.subprocess.Process, wire: Wire) -> None:
    """Keep the last words of a server's log, which say why it ended."""
    assert process.stderr is not None
    while chunk := await process.stderr.read(4096):
        said = wire.last_words + chunk.decode("utf-8", "replace").replace("\x00", "")
        wire.last_words = said[-KEPT_WORDS:]


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Close a server's input, give it a moment to end, and kill what is left of its group."""
    if process.stdin is not None:
        process.stdin.close()
    with anyio.move_on_after(GRACE):
        await process.wait()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def environment_of(carrier: str, credential: str) -> dict[str, str]:
    """Return the variable that carries a secret. Raises Invalid for a value no variable holds."""
    if "\x00" in credential:
        raise Invalid("The secret holds a character that no variable holds.", code="bad_header")
    return {carrier: credential} if carrier else {}
