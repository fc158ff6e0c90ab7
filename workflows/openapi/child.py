"""Program that reads one OpenAPI document, in a process of its own with limits on time and memory.

It reads a job as a line of JSON, ``text``, ``base`` and ``location``, and answers with lines of
JSON: first the ``title``, then each operation. Where the document can't be read, the last line is
its ``problem``.
"""

import json
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urljoin

from workflows.openapi.document import LARGE, read_document
from workflows.openapi.operations import ApiOperation, each_operation
from workflows.openapi.problems import DocumentError, DocumentProblem

CPU_SECONDS = 180
MOST_MEMORY = 1536 << 20  # bytes of addresses
LARGEST_OPERATION = 400_000  # characters
LARGEST = 64_000_000  # characters of all operations
UNCHECKED = "Its answers are not checked: their schemas are too large."


def answer_job() -> None:
    """Read a job, and say what the document holds."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    job = json.loads(sys.stdin.buffer.readline())
    try:
        for line in said_of(job["text"], job["base"], job["location"]):
            _say(line)
    except DocumentError as error:
        _say(json.dumps({"problem": asdict(error.problem)}))
    except MemoryError:
        problem = DocumentProblem("too_large", "#", "It takes too much memory to read.")
        _say(json.dumps({"problem": asdict(problem)}))


def said_of(text: str, base: str, location: str = "") -> Iterator[str]:
    """Yield the lines that are said of a document. Raises DocumentError.

    ``base`` is where people say that its server is, ``location`` where the document is: servers
    are relative to it, and one that is not said is at the root of its host (OpenAPI 3.1, 4.8.1).
    """
    document = read_document(text, LARGE)
    base = base or urljoin(location, "." if document.value.get("servers") else "/")
    yield json.dumps({"title": document.title})
    size = 0
    for operation in each_operation(document, base):
        line = _line_of(operation)
        size += len(line)
        if size > LARGEST:
            raise DocumentError("too_large", "#/paths", "Its operations are too large together.")
        yield line


def _line_of(operation: ApiOperation) -> str:
    line = json.dumps(operation.as_json())
    if len(line) <= LARGEST_OPERATION:
        return line
    bare = replace(operation, answers={}, notes=(*operation.notes, UNCHECKED))
    line = json.dumps(bare.as_json())
    if len(line) <= LARGEST_OPERATION:
        return line
    where = f"#/paths/{operation.path}"[:300]
    problem = DocumentProblem("too_large", where, "Its arguments are too large.")
    empty: dict[str, Any] = {"args_schema": {}, "places": {}, "problems": (problem,)}
    return json.dumps(replace(bare, **empty).as_json())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    answer_job()
