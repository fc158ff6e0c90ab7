"""Writing down who was told of which item: nobody is told of one twice."""

from collections.abc import Iterable
from uuid import UUID

from portal.notices.models import Notice, Told


def note_told(notice: Notice, person: UUID, items: Iterable[UUID]) -> None:
    """Keep of which items a notice tells a person."""
    rows = [Told(person_id=person, item_id=item_id, notice=notice) for item_id in items]
    Told.objects.bulk_create(rows, ignore_conflicts=True)
