"""Queries of the source map. The file of a revision is always deferred, as it may have 20 MB."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tenants.db.lookup import get_or_not_found
from tenants.models import Passage, Record, Revision, Source


def sources() -> QuerySet[Source]:
    """Return the sources with owners and current revisions, by name."""
    joined = Source.objects.select_related(
        "owner", "revision__added_by", "confirmed_by", "superseded_by"
    )
    return joined.defer("revision__original").order_by("name")


def titles() -> list[tuple[str, str]]:
    """Return the name and title of every source, by title."""
    return list(Source.objects.order_by("title", "name").values_list("name", "title"))


def get_source(name: str) -> Source:
    """Return one source by its name. Raises NotFound."""
    return get_or_not_found(sources(), "source", name=name)


def unconfirmed() -> QuerySet[Source]:
    """Return the sources whose content was uploaded by a person who does not own them."""
    return Source.objects.filter(revision__isnull=False, confirmed_by=None)


def names(source_ids: set[UUID]) -> dict[UUID, str]:
    """Return the names of these sources by id."""
    if not source_ids:
        return {}
    return dict(Source.objects.filter(pk__in=source_ids).values_list("pk", "name"))


def source_revisions(of: Source) -> QuerySet[Revision]:
    """Return a source's revisions, newest first."""
    return (
        Revision.objects.filter(source=of)
        .select_related("added_by")
        .defer("original")
        .order_by("-number")
    )


def numbers(revision_ids: set[UUID]) -> dict[UUID, int]:
    """Return the numbers of these revisions by id."""
    if not revision_ids:
        return {}
    return dict(Revision.objects.filter(pk__in=revision_ids).values_list("pk", "number"))


def filenames(revision_ids: set[UUID]) -> dict[UUID, str]:
    """Return the names of the files of these revisions, by id."""
    if not revision_ids:
        return {}
    return dict(Revision.objects.filter(pk__in=revision_ids).values_list("pk", "filename"))


def get_revision(of: Source, number: int) -> Revision:
    """Return one revision of a source by its number. Raises NotFound."""
    return get_or_not_found(source_revisions(of), "revision", number=number)


def get_file(of: Source, number: int) -> tuple[bytes, Revision]:
    """Return the file of one revision of a source, as it was uploaded. Raises NotFound."""
    revision = get_or_not_found(Revision.objects.filter(source=of), "revision", number=number)
    return bytes(revision.original), revision


def document_passages(of: Revision) -> QuerySet[Passage]:
    """Return a document's passages in order."""
    return Passage.objects.filter(revision=of).defer("search").order_by("position")


def records(of: Revision, begins: str = "") -> QuerySet[Record]:
    """Return a revision's records by key, only those whose key starts with ``begins``."""
    found = Record.objects.filter(revision=of).order_by("key")
    return found.filter(key__startswith=begins) if begins else found


def get_passage(passage_id: UUID) -> Passage:
    """Return one passage with its revision, source and owner. Raises NotFound."""
    joined = Passage.objects.select_related("revision__source__owner", "revision__source__revision")
    rows = joined.defer("search", "revision__original", "revision__source__revision__original")
    return get_or_not_found(rows, "passage", pk=passage_id)


def get_record(record_id: UUID) -> Record:
    """Return one record with its revision, source and owner. Raises NotFound."""
    joined = Record.objects.select_related("revision__source__owner", "revision__source__revision")
    rows = joined.defer("revision__original", "revision__source__revision__original")
    return get_or_not_found(rows, "record", pk=record_id)


def contents(pieces: Iterable[UUID | str]) -> dict[str, Any]:
    """Return the text of passages and the fields of records by their ids. Two queries."""
    ids = list(pieces)
    texts = Passage.objects.filter(pk__in=ids).values_list("pk", "text")
    fields = Record.objects.filter(pk__in=ids).values_list("pk", "data")
    return {str(pk): held for found in (texts, fields) for pk, held in found}


def neighbours(piece: Passage) -> QuerySet[Passage]:
    """Return the passages before and after one, of the same revision."""
    places = (piece.position - 1, piece.position + 1)
    return document_passages(piece.revision).filter(position__in=places)


def same_record(of: Source, key: str) -> Record | None:
    """Return the record with this key in the source's current revision, or None."""
    return Record.objects.filter(revision=of.revision, key=key).first() if of.revision else None
