"""Kept rows and updates of ``tenants.db.unit_of_work`` become one ``WITH … SELECT``. Pure."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from itertools import count
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.expressions import DatabaseDefault

from tenants.db.packed_json import PackedJSONField

Values = list[Any]
Model = type[models.Model]
NewRow = tuple[Model, dict[str, Any]]  # every column by its attribute's name


@dataclass(slots=True)
class Update:
    """The update of one row: new values, and the guard that must still hold."""

    model: Model
    tenant_id: UUID
    id: UUID
    values: dict[str, Any]
    guard: dict[str, Any]
    lost: Callable[[], Exception] | None


@dataclass(slots=True)
class Kept:
    """The writes kept on one connection, in their order. A new row is an object or a dict."""

    inserts: dict[Model, list[Any]] = field(default_factory=dict)
    updates: dict[tuple[Model, UUID], Update] = field(default_factory=dict)
    plain: list[tuple[str, Values]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.inserts or self.updates or self.plain)


def combined_statement(kept: Kept, guarded: list[Update]) -> tuple[str, Values]:
    """Return the statement for the kept writes, and its values.

    Its one row has for each guarded update how many rows it changed.
    """
    values: Values = []
    for model, new in kept.inserts.items():
        shape = shape_of(model)
        for row in new:
            shape.spell(row, values)
    for one in guarded:
        spelling = shape_of(one.model).spelling
        values += [_text(spelling[name], value) for name, value in one.values.items()]
        values += [_uuid_text(one.tenant_id), _uuid_text(one.id)]
        values += [_text(spelling[name], value) for name, value in one.guard.items()]
    for _, given in kept.plain:
        values += given
    sql = _sql(
        tuple((model, len(new)) for model, new in kept.inserts.items()),
        tuple((one.model, tuple(one.values), tuple(one.guard)) for one in guarded),
        tuple(sql for sql, _ in kept.plain),
    )
    return sql, values


@lru_cache(maxsize=2048)
def _sql(
    inserts: tuple[tuple[Model, int], ...],
    updates: tuple[tuple[Model, tuple[str, ...], tuple[str, ...]], ...],
    plain: tuple[str, ...],
) -> str:
    """Return the statement for these numbers of rows and columns; cached, as few shapes occur."""
    parts = [_insert_sql(*one) for one in inserts]
    parts += [_update_sql(*one) for one in updates]
    parts += plain
    named = ", ".join(f"p{n} AS ({part})" for n, part in enumerate(parts))
    first = len(inserts)
    counts = ", ".join(f"(SELECT count(*) FROM p{first + n})" for n in range(len(updates)))
    return f"WITH {named} SELECT {counts}"


def _insert_sql(model: Model, count: int) -> str:
    shape = shape_of(model)
    row = f"({', '.join(['%s'] * len(shape.columns))})"
    return f"{shape.insert} {', '.join([row] * count)}"


def _update_sql(model: Model, values: tuple[str, ...], guard: tuple[str, ...]) -> str:
    shape = shape_of(model)
    sets = ", ".join(f"{shape.columns[name]} = %s" for name in values)
    where = "".join(f" AND {shape.columns[name]} = %s" for name in guard)
    return f"UPDATE {shape.table} SET {sets} WHERE tenant_id = %s AND id = %s{where} RETURNING 1"


def insert_unless_statement(
    obj: models.Model, taken: str, along: tuple[NewRow, ...]
) -> tuple[str, Values]:
    """Return the statement that inserts a row unless it conflicts on ``taken``, and its values.

    The rows ``along`` are inserted only if that row is. It has one row then, and none otherwise.
    """
    values: Values = []
    shape_of(type(obj)).spell(obj, values)
    for model, row in along:
        shape_of(model).spell(row, values)
    return _insert_unless_sql(type(obj), taken, tuple(model for model, _ in along)), values


@cache
def _insert_unless_sql(model: Model, taken: str, along: tuple[Model, ...]) -> str:
    parts = [f"made AS ({_insert_sql(model, 1)} ON CONFLICT {taken} DO NOTHING RETURNING 1)"]
    for n, one in enumerate(along):
        shape = shape_of(one)
        places = ", ".join(["%s"] * len(shape.columns))
        parts.append(f"p{n} AS ({shape.into} SELECT {places} FROM made)")
    return f"WITH {', '.join(parts)} SELECT 1 FROM made"


@lru_cache(maxsize=2048)
def numbered(sql: str) -> str:
    """Return the SQL with Postgres' own ``$1``, ``$2`` … for each ``%s``, and ``%`` for ``%%``."""
    numbers = count(1)
    return re.sub("%[s%]", lambda at: "%" if at[0] == "%%" else f"${next(numbers)}", sql)


class StatementShape:
    """The table, columns and value formats of one model, for its statements."""

    def __init__(self, model: Model) -> None:
        self.table = f'"{model._meta.db_table}"'
        fields = [f for f in model._meta.concrete_fields if f.db_default is models.NOT_PROVIDED]
        self.columns = {f.attname: f'"{f.column}"' for f in fields}
        self.spelling = {f.attname: _spelling(f) for f in fields}
        self.into = f"INSERT INTO {self.table} ({', '.join(self.columns.values())})"
        self.insert = f"{self.into} VALUES"
        # Columns that Postgres fills by itself, with the value a row may have all the same.
        self.filled = {
            f.attname: f.get_default()
            for f in model._meta.concrete_fields
            if f.db_default is not models.NOT_PROVIDED
        }

    def spell(self, row: Any, values: Values) -> None:
        """Append the values of a new row, an object or a dict, to ``values``.

        Raises ValueError for a row that has another value than the database's default, which would
        be lost.
        """
        given = row if isinstance(row, dict) else row.__dict__
        for name, default in self.filled.items():
            value = given.get(name, default)
            if value != default and not isinstance(value, DatabaseDefault):
                raise ValueError(f"{self.table} gets {name} from the database: {value!r} is lost.")
        values += [
            None if (value := given[name]) is None else spell(value)
            for name, spell in self.spelling.items()
        ]


def _text(spell: Callable[[Any], str], value: Any) -> str | None:
    return None if value is None else spell(value)


def _uuid_text(value: Any) -> str:
    """Return an id as Postgres reads it; without hyphens it takes a third of the time."""
    return value.hex if isinstance(value, UUID) else str(value)


def _spelling(field: "models.Field[Any, Any]") -> Callable[[Any], str]:
    """Return the function that writes a field's value as text, which Postgres reads as its type.

    All parameters have one type, so a statement is prepared once and not once a size of number.
    """
    target: Any = field.target_field if isinstance(field, models.ForeignKey) else field
    match target:
        case models.UUIDField():
            return _uuid_text
        case PackedJSONField():
            return target.spell
        case models.JSONField():
            return (target.encoder or json.JSONEncoder)().encode
        case models.DateTimeField():
            return datetime.isoformat
        case models.BinaryField():
            raise TypeError(f"{field} holds bytes: write it with the ORM.")
    return str


shape_of = cache(StatementShape)
