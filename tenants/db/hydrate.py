"""Model instances are made from rows that came as JSON in one statement.

``to_jsonb(row)`` has whatever columns a table has, so a statement that reads ten tables at once
needs no list of columns.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.base import ModelState

from tenants.db.packed_json import PackedJSONField

Convert = Callable[[Any], Any]


def from_json[M: models.Model](model: type[M], row: dict[str, Any]) -> M:
    """Return an instance from ``to_jsonb`` of its row; columns that are missing are deferred.

    It is made as unpickling makes one: without ``__init__``, its signals and its defaults.
    """
    made = model.__new__(model)
    made._state = ModelState()
    made._state.adding, made._state.db = False, "default"
    names, conversions = _columns(model)
    values = made.__dict__
    if row.keys() <= names:
        values.update(row)
    else:  # a newer release's column, which this release's model does not know
        values.update((name, value) for name, value in row.items() if name in names)
    for name, convert in conversions:
        if (value := values.get(name)) is not None:
            values[name] = convert(value)
    return made


def all_from_json[M: models.Model](model: type[M], rows: list[dict[str, Any]] | None) -> list[M]:
    """Return the instances of ``jsonb_agg(to_jsonb(row))``, which is null for no rows."""
    return [from_json(model, row) for row in rows or ()]


@cache
def _columns(model: type[models.Model]) -> tuple[frozenset[str], list[tuple[str, Convert]]]:
    """Return the names of the model's columns, and how the values of some are converted.

    Raises ValueError for a column that is not named as its attribute.
    """
    fields = model._meta.concrete_fields
    if renamed := [f.column for f in fields if f.column != f.attname]:
        raise ValueError(f"{model.__name__} has columns with names of their own: {renamed}.")
    found = [(f.attname, _conversion(f)) for f in fields]
    return frozenset(f.attname for f in fields), [
        (name, convert) for name, convert in found if convert is not None
    ]


# Ids are converted once: a run's rows name the same tenant, run and workflow again and again.
_uuid = lru_cache(maxsize=4096)(UUID)


def _conversion(field: "models.Field[Any, Any]") -> Convert | None:
    target: Any = field.target_field if isinstance(field, models.ForeignKey) else field
    match target:
        case models.UUIDField():
            return _uuid
        case models.DateTimeField():
            return datetime.fromisoformat
        case models.DateField():
            return date.fromisoformat
        case PackedJSONField():
            return target.read
    return None
