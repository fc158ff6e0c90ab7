"""Reader of large OpenAPI documents: starts the program that reads one, bounds it, and ends it."""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings

from workflows.openapi.child import LARGEST_OPERATION
from workflows.openapi.operations import ApiOperation
from workflows.openapi.problems import DocumentProblem

PROGRAM = "workflows.openapi.child"
SECONDS = 300.0
LONGEST_LINE = 4 * LARGEST_OPERATION  # bytes
TOO_MUCH = "It takes too much time or memory to read. Give one of the operations that you need."
BROKEN = "The program that reads it ended early. Read it again, or give a smaller document."
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


@dataclass(slots=True)
class ReadDocument:
    """What was read of a document: its title and operations, or why it can't be read."""

    title: str = ""
    operations: list[ApiOperation] = field(default_factory=list)
    problem: str = ""

    def take(self, told: dict[str, Any]) -> None:
        """Take what the program said in one line."""
        if "problem" in told:
            self.problem = DocumentProblem(**told["problem"]).sentence()
        elif "method" in told:
            self.operations.append(ApiOperation.from_json(told))
        else:
            self.title = told["title"]


async def read_in_child(
    text: str, *, base: str = "", location: str = "", seconds: float = SECONDS
) -> ReadDocument:
    """Return what a document holds, read in a process of its own: one at a time in each worker.

    ``base`` is the address of its server where the document does not say it, ``location`` its own.
    """
    loop = asyncio.get_running_loop()
    async with _turns.setdefault(loop, asyncio.Lock()):
        job = {"text": text, "base": base, "location": location}
        process = await _started()
        found = ReadDocument()
        try:
            async with asyncio.timeout(seconds):
                await _talk(process, json.dumps(job), found)
                await process.wait()
        except (TimeoutError, ValueError):
            found.problem = TOO_MUCH
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode and not found.problem:
        is_stopped = process.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
        found.problem = TOO_MUCH if is_stopped else BROKEN
    return found


async def _started() -> asyncio.subprocess.Process:
    """Start the program with no secret of ours in its environment."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", PROGRAM),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=settings.BASE_DIR,
        env=kept,
        limit=LONGEST_LINE,
    )


async def _talk(process: asyncio.subprocess.Process, job: str, found: ReadDocument) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # its end says why
        process.stdin.write(f"{job}\n".encode())
        await process.stdin.drain()
        process.stdin.close()
    while line := await process.stdout.readline():
        found.take(json.loads(line))
