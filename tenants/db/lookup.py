"""One row is fetched and checked in one call; a missing row is the one NotFound."""

from typing import Any

from django.db.models import Model, QuerySet

from tenants.errors import NotFound


def get_or_not_found[M: Model](rows: QuerySet[M], thing: str, **lookup: Any) -> M:
    """Return the row of ``rows`` that the lookup names.

    Raises NotFound, which calls the row ``thing``, such as "item": also for another tenant's row,
    and for text that no row of Postgres can hold.
    """
    if any(isinstance(value, str) and "\x00" in value for value in lookup.values()):
        raise NotFound.of(thing)
    row = rows.filter(**lookup).first()
    if row is None:
        raise NotFound.of(thing)
    return row
