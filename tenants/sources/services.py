"""Sources are added, changed, revised and verified here."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from tenants import access, clock
from tenants.actors import Actor
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Invalid
from tenants.ids import uuid7
from tenants.models import Assignment, Membership, Passage, Record, Revision, Source, User
from tenants.recording import record_act
from tenants.roles import Capability
from tenants.scope import current_tenant_id
from tenants.sources import succession
from tenants.sources.keys import by_key
from tenants.sources.readers import Piece, Reader, reader_for
from tenants.sources.reading_apart import read_apart

LARGEST_FILE = 20 * 1024 * 1024  # bytes
MOST_PIECES = 50_000
BATCH = 1000
MOST_TAGS, LONGEST_TAG = 20, 40


@dataclass(frozen=True, slots=True)
class SourceDetails:
    """What else is said of a source: what it holds true, for whom, and from when until when."""

    truth_for: str = ""
    sensitivity: str = "internal"
    tags: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def columns(self) -> dict[str, Any]:
        """Return the values by the names of the model's columns. Raises Invalid for the dates."""
        begins, ends = self.valid_from, self.valid_until
        if begins is not None and ends is not None and begins >= ends:
            raise Invalid("It would end before it begins to be valid.", code="bad_value")
        if len(self.tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in self.tags):
            said = f"At most {MOST_TAGS} tags of {LONGEST_TAG} characters each fit."
            raise Invalid(said, code="bad_value")
        return {
            "truth_for": self.truth_for,
            "sensitivity": self.sensitivity,
            "tags": list(self.tags),
            "valid_from": begins,
            "valid_until": ends,
        }


def add_source(
    *,
    name: str,
    title: str,
    kind: str,
    owner: User,
    actor: Actor,
    key_field: str = "",
    authority: int = 3,
    max_age_days: int = 90,
    details: SourceDetails | None = None,
) -> Source:
    """Add a source to the source map; its content comes with ``add_revision``.

    Raises Forbidden, Invalid for bad settings, Conflict where the name is taken.
    """
    access.require(actor, Capability.MANAGE_SOURCES)
    if kind == "records" and not key_field:
        raise Invalid("Say which field names one record, such as order_id.", code="key_field")
    _check_owner(owner)
    if Source.objects.filter(name=name).exists():
        raise Conflict(f"There is a source called {name} already.", code="name_taken")
    source = Source(
        name=name,
        title=title,
        kind=kind,
        key_field=key_field,
        owner=owner,
        authority=authority,
        max_age_days=max_age_days,
        **(details.columns() if details else {}),
    )
    source.save(force_insert=True)
    record_act("source.added", source, actor=actor, after={"owner": str(owner)})
    return source


def _check_owner(owner: User) -> None:
    """Raise Invalid unless the owner is a member, or staff assigned to the tenant."""
    here = {"tenant_id": current_tenant_id(), "user": owner}
    members = Membership.objects.filter(**here, is_active=True)
    if not members.exists() and not Assignment.objects.filter(**here).exists():
        raise Invalid(
            "Who vouches for a source must be a member of the business, or of the provider's "
            "staff who look after it.",
            code="bad_owner",
        )


def change_source(
    source: Source,
    *,
    title: str,
    owner: User,
    authority: int,
    max_age_days: int,
    actor: Actor,
    details: SourceDetails | None = None,
) -> Source:
    """Change a source's title, owner, authority, freshness period, and ``details`` if given.

    Raises Forbidden, and Invalid for an owner who is neither member nor assigned staff.
    """
    access.require(actor, Capability.MANAGE_SOURCES)
    source = (
        Source.objects.select_related("owner").select_for_update(of=("self",)).get(pk=source.pk)
    )
    new = {"title": title, "owner": owner, "authority": authority, "max_age_days": max_age_days}
    new |= details.columns() if details else {}
    before = {name: getattr(source, name) for name in new if getattr(source, name) != new[name]}
    if "owner" in before:
        _check_owner(owner)
    for name in before:
        setattr(source, name, new[name])
    if before:
        source.save(update_fields=list(before))
        succession.follow(source)
        record_act(
            "source.changed",
            source,
            actor=actor,
            before=_plain(before),
            after=_plain({name: new[name] for name in before}),
        )
    return source


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    plain = {}
    for name, value in fields.items():
        is_day = isinstance(value, datetime)
        plain[name] = value.isoformat() if is_day else str(value) if name == "owner" else value
    return plain


def add_revision(source: Source, *, filename: str, content: bytes, actor: Actor) -> Revision:
    """Read a file into the source's next revision, all or nothing. The source is fresh from now.

    An upload by the owner is confirmed at once, any other upload once the owner confirms it. Raises
    Forbidden, and Invalid with what is wrong with the file.
    """
    reader = check_upload(source, filename=filename, content=content, actor=actor)
    pieces = read_apart(reader, content)
    file = SourceFile(filename, content, actor)
    return store_revision(source, file, pieces)


def check_upload(source: Source, *, filename: str, content: bytes, actor: Actor) -> Reader:
    """Return the reader of an uploaded file. Raises Forbidden, Invalid for its size or ending."""
    access.require(actor, Capability.MANAGE_SOURCES)
    return reader_of_file(filename, content, source.kind)


def reader_of_file(filename: str, content: bytes, kind: str) -> Reader:
    """Return the reader of a file for a kind of source. Raises Invalid for its size or ending."""
    if len(content) > LARGEST_FILE:
        raise Invalid("The file is larger than 20 MB. Split it into several sources.", code="size")
    return reader_for(filename, kind)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source, and who uploaded it."""

    filename: str
    content: bytes
    actor: Actor


def store_revision(source: Source, file: SourceFile, pieces: list[Any]) -> Revision:
    """Store what was read of a file as the source's next revision. It is fresh from now.

    Raises Invalid, before anything is written, for too few or too many pieces and for bad keys.
    """
    filename, content, actor = file.filename, file.content, file.actor
    if not pieces:
        raise Invalid(f"“{filename}” holds no text or records we can read.", code="empty_source")
    if len(pieces) > MOST_PIECES:
        raise Invalid(
            f"“{filename}” holds more than {MOST_PIECES:,} pieces. Split it.", code="size"
        )
    keyed = by_key(pieces, source.key_field) if source.kind == "records" else {}
    # The row lock gives two uploads at the same time two numbers.
    Source.objects.select_for_update().get(pk=source.pk)
    revision = Revision(
        id=uuid7(),
        source=source,
        number=(source.revisions.aggregate(n=Max("number"))["n"] or 0) + 1,
        filename=filename[-200:],
        media_type=reader_for(filename, source.kind).media_type,
        sha256=hashlib.sha256(content).hexdigest(),
        original=content,
        pieces=len(pieces),
        added_by_id=actor.person_id,
        added_at=clock.now(),
    )
    revision.save(force_insert=True)
    if source.kind == "document":
        _add_passages(revision, pieces)
    else:
        _add_records(revision, keyed)
    source.revision, source.verified_at = revision, clock.now()
    is_owner = actor.is_human and actor.id == source.owner_id
    source.confirmed_by_id = actor.person_id if is_owner else None
    source.save(update_fields=["revision", "verified_at", "confirmed_by"])
    succession.follow(source)
    record_act(
        "source.revised",
        source,
        actor=actor,
        after={"revision": revision.number, "sha256": revision.sha256, "pieces": len(pieces)},
    )
    return revision


def _add_passages(revision: Revision, pieces: list[Piece]) -> None:
    passages = [
        Passage(revision=revision, position=n, heading=piece.heading, text=piece.text)
        for n, piece in enumerate(pieces, 1)
    ]
    Passage.objects.bulk_create(passages, batch_size=BATCH)


def _add_records(revision: Revision, keyed: dict[str, dict[str, Any]]) -> None:
    rows = [Record(revision=revision, key=key, data=data) for key, data in keyed.items()]
    Record.objects.bulk_create(rows, batch_size=BATCH)


def verify(source_id: UUID, *, actor: Actor) -> Source:
    """Confirm that a source is still true today. Its owner or a manager of sources may.

    Raises NotFound, Forbidden, Conflict for a source without content.
    """
    source = get_or_not_found(Source.objects.all(), "source", pk=source_id)
    if actor.id != source.owner_id:
        access.require(actor, Capability.MANAGE_SOURCES)
    if source.revision_id is None:
        raise Conflict("This source has no content yet. Upload a file first.", code="empty_source")
    before, source.verified_at = source.verified_at, clock.now()
    source.confirmed_by_id = actor.person_id
    source.save(update_fields=["verified_at", "confirmed_by"])
    record_act(
        "source.verified",
        source,
        actor=actor,
        before={"verified_at": before.isoformat() if before else None},
        after={"verified_at": source.verified_at.isoformat()},
    )
    return source
