"""Files are read in a process of their own with limits, so that no file harms the server's process.

    python -I -c "…" <reader>   # the file on standard input, its pieces as JSON on standard output

The process has an empty environment, so that a parser an attacker takes over finds no secrets.
"""

import json
import resource
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tenants.errors import DomainError, Invalid
from tenants.sources.readers import Piece, Reader, readers

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 30  # wall-clock time
CPU_SECONDS = 20
MEMORY = 1536 * 1024 * 1024  # bytes of address space
# Starting a process takes some 0.1 s. A small file of a format with a reader of ours takes less.
SMALL = 16 * 1024  # bytes
FOREIGN = ("pdf",)  # formats with a large third-party parser, always read in a process
CODE = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    "from tenants.sources.reading_apart import read_standard_input as read; read(sys.argv[1])"
)


def read_apart(reader: Reader, content: bytes) -> list[Any]:
    """Return the pieces of a file. Raises Invalid for one that can't be read within the limits."""
    if len(content) <= SMALL and reader.name not in FOREIGN:
        return reader.read(content)
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", CODE, reader.name],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            env={},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_much() from error
    try:
        answer = json.loads(done.stdout) if done.returncode == 0 else None
    except ValueError:
        answer = None
    if answer is None:
        raise _too_much()
    if "refused" in answer:
        raise Invalid(answer["refused"], code=answer["code"])
    return [Piece(**p) for p in answer["pieces"]] if reader.kind == "document" else answer["pieces"]


def _too_much() -> Invalid:
    return Invalid(
        "The file takes too much time or memory to read. Split it, or save it in a simpler form.",
        code="unreadable_source",
    )


def read_standard_input(name: str) -> None:
    """Read standard input with the named reader and print its pieces, in the child process."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    reader = next(one for one in readers().values() if one.name == name)
    answer: dict[str, Any]
    try:
        pieces = reader.read(sys.stdin.buffer.read())
        plain = [asdict(one) if isinstance(one, Piece) else one for one in pieces]
        answer = {"pieces": plain}
    except DomainError as error:
        answer = {"refused": error.message, "code": error.code}
    sys.stdout.write(json.dumps(answer))
