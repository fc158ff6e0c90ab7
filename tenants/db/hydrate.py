"""Model instances are made from rows that came as JSON in one statement.

``to_jsonb(row)`` has whatever columns a table has, so a statement that reads ten tables at once
needs no list of columns.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.base import ModelState

from tenants.db.packed_json import PackedJSONField

Convert = Callable[[Any], Any] | None


def from_json[M: models.Model](model: type[M], row: dict[str, Any]) -> M:
    """Return an instance from ``to_jsonb`` of its row; columns that are missing are deferred.

    It is made as unpickling makes one: without ``__init__``, its signals and its defaults.
    """
    made = model.__new__(model)
    made._state = ModelState()
    made._state.adding, made._state.db = False, "default"
    values = made.__dict__
    for name, column, convert in _columns(model):
        if column in row:
            value = row[column]
            values[name] = value if value is None or convert is None else convert(value)
    return made


def all_from_json[M: models.Model](model: type[M], rows: list[dict[str, Any]] | None) -> list[M]:
    """Return the instances of ``jsonb_agg(to_jsonb(row))``, which is null for no rows."""
    return [from_json(model, row) for row in rows or ()]


@cache
def _columns(model: type[models.Model]) -> list[tuple[str, str, Convert]]:
    return [(f.attname, f.column or "", _conversion(f)) for f in model._meta.concrete_fields]


def _conversion(field: "models.Field[Any, Any]") -> Convert:
    target: Any = field.target_field if isinstance(field, models.ForeignKey) else field
    match target:
        case models.UUIDField():
            return UUID
        case models.DateTimeField():
            return datetime.fromisoformat
        case models.DateField():
            return date.fromisoformat
        case PackedJSONField():
            return target.read
    return None
