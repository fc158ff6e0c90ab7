"""Files are read in a process of their own with limits, so that no file harms another process.

    python -I -c "…" <reader> <seconds of CPU>

The file is its standard input; its standard output is lines of JSON: how far it has come, the
pieces, and the end, or why the file is refused. The process has an empty environment, so that a
parser an attacker takes over finds no secrets.
"""

import json
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import batched
from pathlib import Path
from time import monotonic
from typing import IO, Any

from tenants.errors import DomainError, Invalid
from tenants.sources.readers import Piece, Reader, progress, readers

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 1536 * 1024 * 1024  # bytes of address space
# Starting a process takes some 0.1 s. A small file of a format with a reader of ours takes less.
SMALL = 16 * 1024  # bytes
OURS = ("csv", "html", "json", "markdown", "text")
BATCH = 500  # pieces in a line
LARGEST_LINE = 64 * 1024 * 1024  # characters
LARGEST_TEXT = 256 * 1024 * 1024  # characters of all lines
TOLD_EVERY = 0.5  # seconds between two words about how far it has come
CODE = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    "from tenants.sources.reading_apart import read_standard_input as read; read(*sys.argv[1:])"
)


@dataclass(frozen=True, slots=True)
class FileLimits:
    """How long the reading of one file may take: by the clock, and of the processor, in seconds."""

    seconds: float
    cpu_seconds: int


WAITED_FOR = FileLimits(30, 20)  # while a person or a command waits
IN_A_WORKER = FileLimits(600, 300)


def read_apart(reader: Reader, content: bytes) -> list[Any]:
    """Return the pieces of a file while somebody waits, a small one of a simple format at once.

    Raises Invalid for one that can't be read within the limits.
    """
    if len(content) <= SMALL and reader.name in OURS:
        return reader.read(content)
    return read_in_process(reader, content, WAITED_FOR)


def read_in_process(
    reader: Reader,
    content: bytes,
    limits: FileLimits,
    told: Callable[[int, int], None] | None = None,
) -> list[Any]:
    """Return the pieces of a file, read in a process of its own.

    ``told(done, total)`` is called now and then while it is read. Raises Invalid for a file that
    can't be read within the limits.
    """
    found: list[Any] = []
    is_whole = False
    with _started(reader, content, limits) as lines:
        for line in _bounded(lines):
            answer = json.loads(line)
            if "refused" in answer:
                raise Invalid(answer["refused"], code=answer["code"], **answer["data"])
            if "done" in answer and told is not None:
                told(answer["done"], answer["total"])
            found += answer.get("pieces", ())
            is_whole = is_whole or "end" in answer
    if not is_whole:
        raise _too_much()
    return [Piece(**piece) for piece in found] if reader.kind == "document" else found


@contextmanager
def _started(reader: Reader, content: bytes, limits: FileLimits) -> Iterator[IO[str]]:
    """Yield the lines of a process that reads a file; it is killed at the end or when late."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", CODE, reader.name, reader.kind, str(limits.cpu_seconds)],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            text=True,
            encoding="utf-8",
        )
        assert process.stdout is not None
        late = threading.Timer(limits.seconds, process.kill)
        late.start()
        try:
            yield process.stdout
        finally:
            late.cancel()
            process.kill()
            process.stdout.close()
            process.wait()


def _bounded(lines: IO[str]) -> Iterator[str]:
    """Yield whole lines up to a size. Raises Invalid for more."""
    left = LARGEST_TEXT
    while line := lines.readline(LARGEST_LINE):
        left -= len(line)
        if left < 0 or (not line.endswith("\n") and len(line) == LARGEST_LINE):
            raise _too_much()
        if line.endswith("\n"):  # else the process ended in the middle
            yield line


def _too_much() -> Invalid:
    return Invalid(
        "The file takes too much time or memory to read. Split it, or save it in a simpler form.",
        code="unreadable_source",
    )


def read_standard_input(name: str, kind: str, cpu_seconds: str) -> None:
    """Read standard input with the named reader and print its pieces, in the child process."""
    seconds = int(cpu_seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    reader = next(one for one in readers().values() if (one.name, one.kind) == (name, kind))
    progress.listen(_teller())
    try:
        pieces = reader.read(sys.stdin.buffer.read())
    except DomainError as error:
        _print({"refused": error.message, "code": error.code, "data": error.data})
        return
    for some in batched(pieces, BATCH):
        _print({"pieces": [asdict(one) if isinstance(one, Piece) else one for one in some]})
    _print({"end": len(pieces)})


def _teller() -> Callable[[int, int], None]:
    told = monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if monotonic() - told >= TOLD_EVERY:
            told = monotonic()
            _print({"done": done, "total": total})

    return tell


def _print(value: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(value)}\n")
    sys.stdout.flush()
