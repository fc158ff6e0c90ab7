"""Writing together: what one transaction writes goes to Postgres in one statement.

Inserts and guarded updates are kept until something is read or the scope ends,
then sent as one ``WITH … SELECT`` of data-modifying parts. A lane of work is bound by the
number of its statements: each costs a round trip, a parse and a plan. Nothing is
visible earlier or later than with single statements, because every other statement
on the connection sends what is kept first. Only the moment of a lost race moves: its
error rises from ``send``, or from the end of the scope at the latest.

What one transaction does for several runs is kept in a sheaf for each, so that the
statements stay alike, however many there are.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from itertools import count
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connections, models
from psycopg.errors import UniqueViolation

from tenants import prepared

Values = list[Any]
Model = type[models.Model]


@dataclass(slots=True)
class _Update:
    """One row's update: new values, and what must still hold for it to happen."""

    model: Model
    tenant_id: UUID
    id: UUID
    values: dict[str, Any]
    guard: dict[str, Any]
    lost: Callable[[], Exception] | None


@dataclass(slots=True)
class _Kept:
    """What waits on one connection, in the order it came. A new row is an object or a dict."""

    inserts: dict[Model, list[Any]] = field(default_factory=dict)
    updates: dict[tuple[Model, UUID], _Update] = field(default_factory=dict)
    plain: list[tuple[str, Values]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.inserts or self.updates or self.plain)


def insert(*objects: models.Model) -> None:
    """Keep new rows; their values are read when they are sent."""
    kept = _kept()
    for obj in objects:
        obj._state.adding, obj._state.db = False, "default"
        kept.inserts.setdefault(type(obj), []).append(obj)


def insert_row(model: Model, **values: Any) -> None:
    """Keep one new row of which no instance is needed: every column by its attribute's name."""
    _kept().inserts.setdefault(model, []).append(values)


def insert_unless(obj: models.Model, *, taken: str) -> bool:
    """Insert one row at once. False where ``taken``, an ON CONFLICT target, has one already."""
    shape = _shape(type(obj))
    row = f"({', '.join(['%s'] * len(shape.columns))})"
    sql = f"{shape.insert} {row} ON CONFLICT {taken} DO NOTHING RETURNING 1"
    values: Values = []
    shape.spell(obj, values)
    made = bool(rows(sql, values))
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
        tenant_id = obj.tenant_id  # type: ignore[attr-defined]
        kept.updates[key] = _Update(type(obj), tenant_id, obj.pk, dict(values), guard or {}, lost)


def statement(sql: str, values: Values) -> None:
    """Keep one plain data-modifying statement whose row count does not matter."""
    _kept().plain.append((sql, values))


def send() -> None:
    """Send what is kept now. Raises the error of the first update that lost its race."""
    connection = connections["default"]
    sheaves = _of(connection)
    if not sheaves:
        return
    _forget(connection)
    for kept in sheaves:
        if kept:
            _send(kept)


def _send(kept: _Kept) -> None:
    guarded = list(kept.updates.values())
    races = [one.lost for one in guarded if one.lost is not None]
    try:
        counts = rows(*_composed(kept, guarded))[0]
    except IntegrityError as error:
        # Of two who write the same, the later one may meet the other's new row before
        # its own guard is looked at.
        if races and isinstance(error.__cause__, UniqueViolation):
            raise races[0]() from error
        raise
    for one, changed in zip(guarded, counts, strict=True):
        if changed != 1 and one.lost is not None:
            raise one.lost()


def next_sheaf() -> None:
    """Let what is written from here on be a statement of its own."""
    sheaves = _of(connections["default"])
    if sheaves and sheaves[-1]:
        sheaves.append(_Kept())


def rows(sql: str, values: Values, *, apart: bool = False) -> list[tuple[Any, ...]]:
    """Run one prepared statement in the open transaction and return its rows.

    Bound on the server, unlike Django's cursors, so that Postgres plans it once.
    ``apart``: it reads nothing that is kept here, so that need not be sent before.
    """
    connection = connections["default"]
    if not apart and _of(connection):
        send()
    connection.ensure_connection()
    if connection.queries_logged:
        connection.queries_log.append({"sql": sql, "time": "0"})
    with connection.wrap_database_errors:
        return prepared.rows(connection.connection, _numbered(sql), values)


def read_json(sql: str, values: Values, *, apart: bool = False) -> list[Any]:
    """Run one prepared statement that gives JSON as text, one value a row."""
    return [json.loads(row[0]) if row[0] else None for row in rows(sql, values, apart=apart)]


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
    sheaves = _of(connection)
    if sheaves is None:
        sheaves = connection.handrail_kept = [_Kept()]
        connection.execute_wrappers.append(_before_others)
    return sheaves[-1]


def _of(connection: Any) -> list[_Kept] | None:
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


def _composed(kept: _Kept, guarded: list[_Update]) -> tuple[str, Values]:
    values: Values = []
    for model, new in kept.inserts.items():
        shape = _shape(model)
        for row in new:
            shape.spell(row, values)
    for one in guarded:
        spelling = _shape(one.model).spelling
        values += [_text(spelling[name], value) for name, value in one.values.items()]
        values += [str(one.tenant_id), str(one.id)]
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
    """The statement for this many rows and these columns; lanes are alike, so few are made."""
    parts = [_insert_sql(*one) for one in inserts]
    parts += [_update_sql(*one) for one in updates]
    parts += plain
    named = ", ".join(f"p{n} AS ({part})" for n, part in enumerate(parts))
    first = len(inserts)
    counts = ", ".join(f"(SELECT count(*) FROM p{first + n})" for n in range(len(updates)))
    return f"WITH {named} SELECT {counts}"


def _insert_sql(model: Model, count: int) -> str:
    shape = _shape(model)
    row = f"({', '.join(['%s'] * len(shape.columns))})"
    return f"{shape.insert} {', '.join([row] * count)}"


def _update_sql(model: Model, values: tuple[str, ...], guard: tuple[str, ...]) -> str:
    shape = _shape(model)
    sets = ", ".join(f"{shape.columns[name]} = %s" for name in values)
    where = "".join(f" AND {shape.columns[name]} = %s" for name in guard)
    return f"UPDATE {shape.table} SET {sets} WHERE tenant_id = %s AND id = %s{where} RETURNING 1"


@lru_cache(maxsize=2048)
def _numbered(sql: str) -> str:
    """Postgres' own placeholders: ``%s`` as ``$1``, ``$2`` …"""
    numbers = count(1)
    first, *others = sql.split("%s")
    return first + "".join(f"${next(numbers)}{part}" for part in others)


class _Shape:
    """How one model's rows are spelt."""

    def __init__(self, model: Model) -> None:
        self.table = f'"{model._meta.db_table}"'
        fields = [f for f in model._meta.concrete_fields if f.db_default is models.NOT_PROVIDED]
        self.columns = {f.attname: f'"{f.column}"' for f in fields}
        self.spelling = {f.attname: _spelling(f) for f in fields}
        self.insert = f"INSERT INTO {self.table} ({', '.join(self.columns.values())}) VALUES"

    def spell(self, row: Any, values: Values) -> None:
        """Add the values of a new row, an object or a dict."""
        given = row if isinstance(row, dict) else row.__dict__
        values += [_text(spell, given[name]) for name, spell in self.spelling.items()]


def _text(spell: Callable[[Any], str], value: Any) -> str | None:
    return None if value is None else spell(value)


def _spelling(field: "models.Field[Any, Any]") -> Callable[[Any], str]:
    """A value as text, which Postgres reads as the column's type.

    One type for all parameters: a statement is prepared once, not once a size of number.
    """
    match field:
        case models.JSONField():
            return json.JSONEncoder().encode if field.encoder is None else field.encoder().encode
        case models.DateTimeField():
            return datetime.isoformat
        case models.BinaryField():
            raise TypeError(f"{field} holds bytes: write it with the ORM.")
    return str


_shape = cache(_Shape)
