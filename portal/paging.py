"""Keyset pagination: a page of a list begins after the last row of the page before.

There is no count and no OFFSET, so page 1,000 costs as much as page 1.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import QueryDict

from tenants.errors import NotFound

SIZE = 50


@dataclass(frozen=True, slots=True)
class Page[M: Model]:
    """A page of rows, in the list's order.

    ``back`` and ``more`` are the query strings of the pages before and after, empty for none.
    """

    rows: list[M]
    back: str = ""
    more: str = ""

    @property
    def is_first(self) -> bool:
        """Whether no page comes before this one."""
        return not self.back


def page[M: Model](
    rows: QuerySet[M], params: QueryDict, *, by: str = "-id", size: int = SIZE, name: str = ""
) -> Page[M]:
    """Return the page of ``rows`` that the query parameters ask for.

    ``by`` is a unique field of the model, with "-" for descending. ``name`` is the prefix of the
    parameters, for several lists at one URL. Raises NotFound for a key that the field can't hold.
    """
    field, falling = by.removeprefix("-"), by.startswith("-")
    after, before = params.get(f"{name}after"), params.get(f"{name}before")
    if before:
        turned = field if falling else f"-{field}"
        backwards = _beyond(rows, field, "gt" if falling else "lt", before).order_by(turned)
        # One row more than the page has tells whether there is a further page.
        found = list(backwards[: size + 1])
        has_back, has_more = len(found) > size, True
        found = found[:size][::-1]
    else:
        if after:
            rows = _beyond(rows, field, "lt" if falling else "gt", after)
        found = list(rows.order_by(by)[: size + 1])
        has_back, has_more = bool(after), len(found) > size
        found = found[:size]
    if not found:
        return Page([], back=_query(params, name) if after or before else "")
    return Page(
        found,
        back=_query(params, name, before=getattr(found[0], field)) if has_back else "",
        more=_query(params, name, after=getattr(found[-1], field)) if has_more else "",
    )


def _beyond[M: Model](rows: QuerySet[M], field: str, side: str, value: str) -> QuerySet[M]:
    if "\x00" in value:
        raise NotFound("There is no such page of this list.")
    try:
        place = rows.model._meta.get_field(field).to_python(value)  # type: ignore[union-attr]
    except ValidationError as error:
        raise NotFound("There is no such page of this list.") from error
    return rows.filter(**{f"{field}__{side}": place})


def _query(params: QueryDict, name: str, **place: Any) -> str:
    """Return the query string of another page, with the filters of this one."""
    kept = params.copy()
    for side in ("after", "before"):
        kept.pop(f"{name}{side}", None)
    for side, value in place.items():
        kept[f"{name}{side}"] = str(value)
    return f"?{kept.urlencode()}"
