"""Rows of the items a person had a notice of, so that no item sends a person two."""

from collections.abc import Iterable
from uuid import UUID

from portal.notices.models import Notice, Told


def note_told(notice: Notice, person: UUID, items: Iterable[UUID]) -> None:
    """Insert the rows of the items that a notice to a person names; existing rows stay."""
    rows = [Told(person_id=person, item_id=item_id, notice=notice) for item_id in items]
    Told.objects.bulk_create(rows, ignore_conflicts=True)
