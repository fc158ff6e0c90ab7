"""Files of sources are read by a worker, in a process of their own, and become revisions.

What a source holds stays in use until its new file was read, and after one that can't be read.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import connection, transaction

from audit import outbox
from tenants import access, clock
from tenants.actors import Actor
from tenants.db.lookup import get_or_not_found
from tenants.errors import DomainError
from tenants.ids import uuid7
from tenants.models import Revision, Source, SourceReading
from tenants.roles import Capability
from tenants.scope import tenant_scope
from tenants.sources.readers import Reader, reader_for
from tenants.sources.reading_apart import IN_A_WORKER, read_in_process
from tenants.sources.services import SourceFile, check_upload, store_revision, verify

TOPIC = "source.read"
UPLOADED = "source.uploaded"  # a new revision, for who vouches for the source
AT_ONCE = 2  # files in each worker
TOLD_EVERY = 1.0  # seconds between two stored percentages
LOST = "It could not be kept. Upload it again, and ask your provider if that fails too."
GONE = "Who uploaded it may not do that any more, so it was not kept. Upload it again."
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def register() -> None:
    """Register the handler of files to read."""
    outbox.register(TOPIC, outbox.FunctionHandler(read_due_file, note_reading_failure))


def upload_file(
    source: Source, *, filename: str, content: bytes, actor: Actor
) -> SourceReading | None:
    """Keep a file and request that it is read, in place of one that waits or could not be read.

    None for the file that the source holds already, under the same name: nothing is read, and its
    owner has confirmed it by that. Raises Forbidden, and Invalid for its size and for an ending
    that is not read.
    """
    check_upload(source, filename=filename, content=content, actor=actor)
    # The row lock lets two uploads at the same time follow each other.
    held = Source.objects.select_for_update().get(pk=source.pk)
    SourceReading.objects.filter(source=source).delete()
    if _is_held(held, filename, content):
        if actor.id == held.owner_id:
            verify(held.pk, actor=actor)
        return None
    reading = SourceReading(
        id=uuid7(),
        source=source,
        filename=filename[-200:],
        content=content,
        added_by_id=actor.person_id,
        added_at=clock.now(),
    )
    reading.save(force_insert=True)
    outbox.enqueue(TOPIC, reading.pk, priority=outbox.Priority.INTERACTIVE)
    return reading


def _is_held(source: Source, filename: str, content: bytes) -> bool:
    """Return whether a file is the one of the source's current revision."""
    if source.revision_id is None:
        return False
    held = {"sha256": hashlib.sha256(content).hexdigest(), "filename": filename[-200:]}
    return Revision.objects.filter(pk=source.revision_id, **held).exists()


def readings_of(sources: Iterable[Source]) -> dict[UUID, SourceReading]:
    """Return the files that are being read or could not be read, by source. One query.

    Their content is deferred.
    """
    rows = SourceReading.objects.defer("content").filter(source__in=list(sources))
    return {row.source_id: row for row in rows}


def put_away(source: Source, *, actor: Actor) -> None:
    """Delete the file of a source that could not be read. Raises Forbidden, NotFound."""
    access.require(actor, Capability.MANAGE_SOURCES)
    failed = SourceReading.objects.exclude(problem="").defer("content")
    get_or_not_found(failed, "reading", source=source).delete()


def read_due_file(claim: outbox.Claim) -> outbox.Job | None:
    """Handler of ``source.read``: return the job that reads a file; None for one that is gone."""
    rows = SourceReading.objects.select_related("source")
    reading = rows.filter(pk=claim.object_id, problem="").first()
    if reading is None:
        return None
    reader = reader_for(reading.filename, reading.source.kind)
    return ReadFileJob(claim, reader, bytes(reading.content))


@dataclass(frozen=True, slots=True)
class ReadFileJob:
    """Job of reading one file."""

    claim: outbox.Claim
    reader: Reader
    content: bytes

    async def perform(self) -> list[Any] | str:
        """Return the pieces of the file, or why it can't be read."""
        turn = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
        async with turn:
            return await asyncio.to_thread(self._read)

    def _read(self) -> list[Any] | str:
        try:
            return read_in_process(self.reader, self.content, IN_A_WORKER, _percentages(self.claim))
        except DomainError as error:
            return error.message

    def store_result(self, outcome: object) -> None:
        """Store the file's pieces as a revision, unless another file was uploaded meanwhile."""
        rows = SourceReading.objects.select_related("source").defer("content")
        reading = rows.select_for_update(of=("self",)).filter(pk=self.claim.object_id).first()
        if reading is None:
            return
        actor = access.read_actor(reading.added_by_id, self.claim.tenant_id)
        if not isinstance(outcome, list):
            _fail(reading, outcome if isinstance(outcome, str) else LOST)
        elif actor is None or not access.may(actor, Capability.MANAGE_SOURCES):
            _fail(reading, GONE)
        else:
            self._store(reading, actor, outcome)

    def _store(self, reading: SourceReading, actor: Actor, pieces: list[Any]) -> None:
        file = SourceFile(reading.filename, self.content, actor)
        try:
            revision = store_revision(reading.source, file, pieces)
        except DomainError as error:  # before anything was written
            _fail(reading, error.message)
            return
        reading.delete()
        if actor.id != reading.source.owner_id:
            outbox.enqueue(UPLOADED, revision.pk)


def _fail(reading: SourceReading, problem: str) -> None:
    reading.problem, reading.content, reading.percent = problem, b"", None
    reading.save(update_fields=["problem", "content", "percent"])


def _percentages(claim: outbox.Claim) -> Callable[[int, int], None]:
    """Return what stores how far a reading has come, in a transaction of its own each time."""
    last = monotonic()

    def told(done: int, total: int) -> None:
        nonlocal last
        if total < 1 or monotonic() - last < TOLD_EVERY:
            return
        last = monotonic()
        with tenant_scope(claim.tenant_id), transaction.atomic():
            rows = SourceReading.objects.filter(pk=claim.object_id)
            rows.update(percent=min(99, done * 100 // total))
        connection.close()  # a thread of calls keeps no connection

    return told


def note_reading_failure(claim: outbox.Claim, error: str) -> None:
    """Store that a file could not be kept, after it failed again and again."""
    reading = SourceReading.objects.filter(pk=claim.object_id).first()
    if reading is not None:
        _fail(reading, LOST)
