"""Files of a folder become sources that a workflow may read, published as its next version.

A file that can't be read hurts no other. One that did not change is not read again.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.text import slugify

from tenants.actors import Actor
from tenants.errors import Conflict, DomainError, Invalid
from tenants.models import Source
from tenants.roles import Capability
from tenants.scope import tenant_scope
from tenants.sources.reading_apart import read_apart
from tenants.sources.services import SourceFile, add_source, reader_of_file, store_revision
from workflows import selectors
from workflows.definitions.source_list import add_source_names
from workflows.models import Version, Workflow
from workflows.services.definitions import publish
from workflows.validation.parse import parse_published

LONGEST_NAME = 40  # characters, as of names in definitions
LONGEST_TITLE = 120
READ_AT_ONCE = 2
BATCH = 20  # files whose pieces are held in memory
AS_RECORDS = frozenset({".csv", ".tsv", ".json", ".parquet"})


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file of a folder: its path, its path as shown, and the name of its source."""

    path: Path
    shown: str
    name: str

    @property
    def kind(self) -> str:
        """What kind of source it becomes."""
        return "records" if self.path.suffix.lower() in AS_RECORDS else "document"


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """What became of a file: added, revised, unchanged, or refused with the problem."""

    file: FolderFile
    status: str
    pieces: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _ReadFile:
    file: FolderFile
    content: bytes = b""
    sha256: str = ""
    pieces: list[Any] | None = None  # None: it did not change, or there is a problem
    problem: str = ""


def files_of_folder(folder: Path) -> list[FolderFile]:
    """Return the files in a folder and below, in order, each with its source's name.

    Hidden files are left out. Of files with the same name all but the first get a part that is
    made of their path.
    """
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]
    taken: set[str] = set()
    found = []
    for path in paths:
        shown = str(path.relative_to(folder))
        name = _source_name(shown, taken)
        taken.add(name)
        found.append(FolderFile(path, shown, name))
    return found


def command_line_actor(workflow: Workflow) -> Actor:
    """Return the actor of who may run commands on the machine.

    What is added is put down to the workflow's owner, and nobody has confirmed it.
    """
    may = frozenset({Capability.CONFIGURE, Capability.MANAGE_SOURCES})
    return Actor("system", workflow.owner_id, "Handrail", capabilities=may)


def load_folder(
    tenant_id: UUID, workflow: Workflow, files: Iterable[FolderFile], key_field: str = ""
) -> Iterator[LoadedFile]:
    """Read files into sources, each file in a transaction of its own, and yield what became of it.

    Files are read some at a time, outside of any transaction.
    """
    with tenant_scope(tenant_id):
        rows = Source.objects.select_related("revision").defer("revision__original")
        sources = {source.name: source for source in rows}
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        for batch in batched(files, BATCH):
            for read_one in pool.map(_reader(sources, key_field), batch):
                with_source = sources.get(read_one.file.name)
                yield _loaded(tenant_id, workflow, read_one, with_source, key_field)


def grant_sources(workflow: Workflow, names: Iterable[str], *, actor: Actor) -> Version | None:
    """Publish the workflow's next version with these sources too; None where it has them already.

    Raises Conflict where no version is live, Invalid where its text can't be written so.
    """
    workflow = selectors.get_workflow(workflow.slug)
    live = workflow.live
    if live is None:
        raise Conflict(f"{workflow.title} has no published version.", code="not_published")
    granted = parse_published(live.definition).head.sources
    new = [name for name in names if name not in set(granted)]
    if not new:
        return None
    text = add_source_names(live.definition, new)
    if parse_published(text).head.sources != [*granted, *new]:
        raise Invalid("Its list of sources is written in a way that can't be added to.")
    count = f"{len(new)} source{'s' if len(new) != 1 else ''}"
    return publish(workflow, text=text, actor=actor, note=f"{count} of a folder", base=live.number)


def _source_name(shown: str, taken: set[str]) -> str:
    stem = shown[: -len(Path(shown).suffix)] if Path(shown).suffix else shown
    name = slugify(re.sub(r"[/\\._]+", "-", stem)).strip("-") or "file"
    if not name[0].isalpha():  # as names in definitions do
        name = f"file-{name}"
    if len(name) <= LONGEST_NAME and name not in taken:
        return name
    part = hashlib.sha256(shown.encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - len(part) - 1].rstrip('-')}-{part}"


def _reader(sources: dict[str, Source], key_field: str) -> Callable[[FolderFile], _ReadFile]:
    """Return the function that reads a file; it runs in a thread, without a database."""

    def read_file(file: FolderFile) -> _ReadFile:
        source = sources.get(file.name)
        try:
            if file.kind == "records" and not key_field:
                raise Invalid("It holds records: say with --key which field names one of them.")
            content = file.path.read_bytes()
            sha256 = hashlib.sha256(content).hexdigest()
            _check_same(source, file, key_field)
            if source is not None and source.revision and source.revision.sha256 == sha256:
                return _ReadFile(file, sha256=sha256)
            reader = reader_of_file(file.shown, content, file.kind)
            return _ReadFile(file, content, sha256, read_apart(reader, content))
        except DomainError as error:
            return _ReadFile(file, problem=error.message)
        except OSError as error:
            return _ReadFile(file, problem=f"It can't be opened: {error.strerror}.")

    return read_file


def _check_same(source: Source | None, file: FolderFile, key_field: str) -> None:
    """Raise Conflict where a source of the file's name is of another kind."""
    if source is None:
        return
    if source.kind != file.kind:
        said = f"There is a source called {file.name} already, and it is of another kind."
        raise Conflict(said, code="name_taken")
    if source.kind == "records" and source.key_field != key_field:
        said = f"The records of the source {file.name} are named by {source.key_field}."
        raise Conflict(said, code="name_taken")


def _loaded(
    tenant_id: UUID, workflow: Workflow, read_one: _ReadFile, source: Source | None, key_field: str
) -> LoadedFile:
    file = read_one.file
    if read_one.problem:
        return LoadedFile(file, "refused", problem=read_one.problem)
    if read_one.pieces is None:
        assert source is not None
        assert source.revision is not None
        return LoadedFile(file, "unchanged", source.revision.pieces)
    status = "revised" if source is not None and source.revision else "added"
    actor = command_line_actor(workflow)
    try:
        with tenant_scope(tenant_id):
            if source is None:
                source = add_source(
                    name=file.name,
                    title=_title(file),
                    kind=file.kind,
                    key_field=key_field if file.kind == "records" else "",
                    owner=workflow.owner,
                    actor=actor,
                )
            kept = SourceFile(file.shown, read_one.content, actor)
            store_revision(source, kept, read_one.pieces)
    except DomainError as error:
        return LoadedFile(file, "refused", problem=error.message)
    return LoadedFile(file, status, len(read_one.pieces))


def _title(file: FolderFile) -> str:
    words = " ".join(re.sub(r"[-_.]+", " ", file.path.stem).split()) or file.name
    return (words[0].upper() + words[1:])[:LONGEST_TITLE]
