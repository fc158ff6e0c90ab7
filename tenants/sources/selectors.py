"""Reading the source map. A revision's file is never read along: it may be 20 MB."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tenants.models import Passage, Record, Revision, Source


def sources() -> QuerySet[Source]:
    """The source map with owners and current revisions, by name."""
    joined = Source.objects.select_related("owner", "revision__added_by", "confirmed_by")
    return joined.defer("revision__original").order_by("name")


def source(name: str) -> Source | None:
    """One source by its name."""
    return sources().filter(name=name).first()


def unconfirmed() -> QuerySet[Source]:
    """Sources whose content was uploaded by somebody who does not vouch for it."""
    return Source.objects.filter(revision__isnull=False, confirmed_by=None)


def names(source_ids: set[UUID]) -> dict[UUID, str]:
    """The names of these sources."""
    if not source_ids:
        return {}
    return dict(Source.objects.filter(pk__in=source_ids).values_list("pk", "name"))


def source_revisions(of: Source) -> QuerySet[Revision]:
    """A source's revisions, newest first."""
    return (
        Revision.objects.filter(source=of)
        .select_related("added_by")
        .defer("original")
        .order_by("-number")
    )


def numbers(revision_ids: set[UUID]) -> dict[UUID, int]:
    """The numbers of these revisions."""
    if not revision_ids:
        return {}
    return dict(Revision.objects.filter(pk__in=revision_ids).values_list("pk", "number"))


def revision(of: Source, number: int) -> Revision | None:
    """One revision of a source by its number."""
    return source_revisions(of).filter(number=number).first()


def document_passages(of: Revision) -> QuerySet[Passage]:
    """A document's passages in order."""
    return Passage.objects.filter(revision=of).defer("search").order_by("position")


def records(of: Revision, begins: str = "") -> QuerySet[Record]:
    """A revision's records by key, only those whose key begins so if asked."""
    found = Record.objects.filter(revision=of).order_by("key")
    return found.filter(key__startswith=begins) if begins else found


def passage(passage_id: UUID) -> Passage | None:
    """One passage with its revision, source and owner."""
    joined = Passage.objects.select_related("revision__source__owner", "revision__source__revision")
    return (
        joined.defer("search", "revision__original", "revision__source__revision__original")
        .filter(pk=passage_id)
        .first()
    )


def get_record(record_id: UUID) -> Record | None:
    """One record with its revision, source and owner."""
    joined = Record.objects.select_related("revision__source__owner", "revision__source__revision")
    return (
        joined.defer("revision__original", "revision__source__revision__original")
        .filter(pk=record_id)
        .first()
    )


def contents(pieces: Iterable[UUID | str]) -> dict[str, Any]:
    """The text of passages and the fields of records, by their ids; two queries."""
    ids = list(pieces)
    texts = Passage.objects.filter(pk__in=ids).values_list("pk", "text")
    fields = Record.objects.filter(pk__in=ids).values_list("pk", "data")
    return {str(pk): held for found in (texts, fields) for pk, held in found}


def neighbours(piece: Passage) -> QuerySet[Passage]:
    """The passages before and after one, of the same revision."""
    places = (piece.position - 1, piece.position + 1)
    return document_passages(piece.revision).filter(position__in=places)


def same_record(of: Source, key: str) -> Record | None:
    """The record with this key in the source's current revision."""
    return Record.objects.filter(revision=of.revision, key=key).first() if of.revision else None
