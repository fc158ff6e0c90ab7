"""Writing together: what one transaction writes goes to Postgres in one statement.

Inserts and guarded updates are kept until something is read or the scope ends,
then sent as one ``WITH … SELECT`` of data-modifying parts. A lane of work is bound by the
number of its statements: each costs a round trip, a parse and a plan. Nothing is
visible earlier or later than with single statements, because every other statement
on the connection sends what is kept first. Only the moment of a lost race moves: its
error rises from ``send``, or from the end of the scope at the latest.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any
from uuid import UUID

import psycopg
from django.db import connections, models
from psycopg.types.json import Jsonb
from psycopg.types.numeric import Int8

Values = list[Any]

# Shapes of statements one connection keeps planned; psycopg's own 100 is too few.
PREPARED = 400


@dataclass(slots=True)
class _Update:
    """One row's update: new values, and what must still hold for it to happen."""

    model: type[models.Model]
    obj: models.Model
    values: dict[str, Any]
    guard: dict[str, Any]
    lost: Callable[[], Exception] | None


@dataclass(slots=True)
class _Kept:
    """What waits on one connection, in the order it came."""

    inserts: dict[type[models.Model], list[models.Model]] = field(default_factory=dict)
    updates: dict[tuple[type[models.Model], UUID], _Update] = field(default_factory=dict)
    plain: list[tuple[str, Values]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.inserts or self.updates or self.plain)


def insert(*objects: models.Model) -> None:
    """Keep new rows; their values are read when they are sent."""
    kept = _kept()
    for obj in objects:
        obj._state.adding, obj._state.db = False, "default"
        kept.inserts.setdefault(type(obj), []).append(obj)


def insert_unless(obj: models.Model, *, taken: str) -> bool:
    """Insert one row at once. False where ``taken``, an ON CONFLICT target, has one already."""
    shape = _shape(type(obj))
    row = f"({', '.join(['%s'] * len(shape.columns))})"
    sql = f"{shape.insert} {row} ON CONFLICT {taken} DO NOTHING RETURNING 1"
    made = bool(rows(sql, shape.values(obj)))
    obj._state.adding, obj._state.db = not made, "default"
    return made


def update(
    obj: models.Model,
    values: dict[str, Any],
    *,
    guard: dict[str, Any] | None = None,
    lost: Callable[[], Exception] | None = None,
) -> None:
    """Keep the update of one row: attribute names to values, also set on ``obj``.

    ``guard`` names attributes that must still have these values in the database;
    where they don't, sending raises ``lost()``. Without ``lost`` the row may be gone.
    """
    kept, key = _kept(), (type(obj), obj.pk)
    former = kept.updates.get(key)
    for name, value in values.items():
        setattr(obj, name, value)
    if former is not None:
        # One statement can update a row once, so the later values join the former guard.
        former.values |= values
        former.lost = former.lost or lost
    elif not any(obj is new for new in kept.inserts.get(type(obj), ())):
        kept.updates[key] = _Update(type(obj), obj, dict(values), guard or {}, lost)


def statement(sql: str, values: Values) -> None:
    """Keep one plain data-modifying statement whose row count does not matter."""
    _kept().plain.append((sql, values))


def send() -> None:
    """Send what is kept now. Raises the error of the first update that lost its race."""
    connection = connections["default"]
    kept = _of(connection)
    if not kept:
        return
    _forget(connection)
    sql, values, guarded = _compose(kept)
    row = rows(sql, values)[0]
    for one, count in zip(guarded, row, strict=True):
        if count != 1 and one.lost is not None:
            raise one.lost()


def rows(sql: str, values: Values | dict[str, Any]) -> list[tuple[Any, ...]]:
    """Run one prepared statement in the open transaction and return its rows.

    Bound on the server, unlike Django's cursors, so that Postgres plans it once.
    """
    connection = connections["default"]
    if _of(connection):
        send()
    connection.ensure_connection()
    raw = connection.connection
    raw.prepared_max = PREPARED
    if connection.queries_logged:
        connection.queries_log.append({"sql": sql, "time": "0"})
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        cursor.execute(sql, values, prepare=True)
        return cursor.fetchall()


@contextmanager
def together() -> Iterator[None]:
    """Send what is kept at the end of the block; drop it where the block raises."""
    try:
        yield
    except BaseException:
        _forget(connections["default"])
        raise
    send()


# -- What is kept stands on the connection: it lives and dies with its transaction. ---------


def _kept() -> _Kept:
    connection: Any = connections["default"]
    if not connection.in_atomic_block:
        raise RuntimeError("Writing needs a transaction: open a scope first.")
    kept = _of(connection)
    if kept is None:
        kept = connection.handrail_kept = _Kept()
        connection.execute_wrappers.append(_before_others)
    return kept


def _of(connection: Any) -> _Kept | None:
    return getattr(connection, "handrail_kept", None)


def _forget(connection: Any) -> None:
    if _of(connection) is not None:
        connection.handrail_kept = None
        connection.execute_wrappers.remove(_before_others)


def _before_others(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Django's execute wrapper: everything else that runs sees what was written."""
    if sql.startswith("ROLLBACK"):
        # A savepoint was sent what came before it, so what is kept belongs to the rollback.
        _forget(context["connection"])
    else:
        send()
    return execute(sql, params, many, context)


# -- Composing ------------------------------------------------------------------------------


def read_json(sql: str, values: Values) -> list[Any]:
    """Run one prepared statement that gives JSON as text, one value a row."""
    return [json.loads(row[0]) if row[0] else None for row in rows(sql, values)]


def _compose(kept: _Kept) -> tuple[str, Values, list[_Update]]:
    parts: list[str] = []
    values: Values = []
    guarded = list(kept.updates.values())
    for model, objects in kept.inserts.items():
        shape = _shape(model)
        row = f"({', '.join(['%s'] * len(shape.columns))})"
        many = ", ".join([row] * len(objects))
        parts.append(f"{shape.insert} {many}")
        for obj in objects:
            values += shape.values(obj)
    parts += [_update_sql(one, values) for one in guarded]
    for sql, given in kept.plain:
        parts.append(sql)
        values += given
    named = ", ".join(f"p{n} AS ({part})" for n, part in enumerate(parts))
    first = len(kept.inserts)
    counts = ", ".join(f"(SELECT count(*) FROM p{first + n})" for n in range(len(guarded)))
    return f"WITH {named} SELECT {counts}", values, guarded


def _update_sql(one: _Update, values: Values) -> str:
    shape = _shape(one.model)
    sets = ", ".join(f"{shape.column(name)} = %s" for name in one.values)
    values += [shape.value(name, value) for name, value in one.values.items()]
    where = " AND ".join(f"{shape.column(name)} = %s" for name in one.guard)
    tenant = one.obj.tenant_id  # type: ignore[attr-defined]
    values += [tenant, one.obj.pk, *(shape.value(n, v) for n, v in one.guard.items())]
    wall = "tenant_id = %s AND id = %s" + (f" AND {where}" if where else "")
    return f"UPDATE {shape.table} SET {sets} WHERE {wall} RETURNING 1"


class _Shape:
    """How one model's rows are spelt."""

    def __init__(self, model: type[models.Model]) -> None:
        self.table = f'"{model._meta.db_table}"'
        fields = [f for f in model._meta.concrete_fields if f.db_default is models.NOT_PROVIDED]
        self.columns = {f.attname: f'"{f.column}"' for f in fields}
        self.spelling = {f.attname: _spelling(f) for f in fields}
        self.insert = f"INSERT INTO {self.table} ({', '.join(self.columns.values())}) VALUES"

    def column(self, name: str) -> str:
        return self.columns[name]

    def value(self, name: str, value: Any) -> Any:
        spell = self.spelling[name]
        return value if value is None or spell is None else spell(value)

    def values(self, obj: models.Model) -> Values:
        return [self.value(name, getattr(obj, name)) for name in self.columns]


def _spelling(field: "models.Field[Any, Any]") -> Callable[[Any], Any] | None:
    match field:
        case models.JSONField():
            return partial(Jsonb, dumps=partial(json.dumps, cls=field.encoder))
        case models.IntegerField():
            # One type for every size of number: a statement is prepared once a type.
            return Int8
    return None


_shape = cache(_Shape)
