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
from typing import Any

from django.db import IntegrityError, connections, models
from psycopg.errors import UniqueViolation

from tenants.db import prepared
from tenants.db.sql import Kept, Model, Update, Values, combined_statement, numbered, shape_of


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
    shape = shape_of(type(obj))
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
        kept.updates[key] = Update(type(obj), tenant_id, obj.pk, dict(values), guard or {}, lost)


def keep_statement(sql: str, values: Values) -> None:
    """Keep one plain data-modifying statement whose row count does not matter."""
    _kept().plain.append((sql, values))


def send_kept() -> None:
    """Send what is kept now. Raises the error of the first update that lost its race."""
    connection = connections["default"]
    sheaves = _of(connection)
    if not sheaves:
        return
    _forget(connection)
    for kept in sheaves:
        if kept:
            _send(kept)


def _send(kept: Kept) -> None:
    guarded = list(kept.updates.values())
    races = [one.lost for one in guarded if one.lost is not None]
    try:
        counts = rows(*combined_statement(kept, guarded))[0]
    except IntegrityError as error:
        # Of two who write the same, the later one may meet the other's new row before
        # its own guard is looked at.
        if races and isinstance(error.__cause__, UniqueViolation):
            raise races[0]() from error
        raise
    for one, changed in zip(guarded, counts, strict=True):
        if changed != 1 and one.lost is not None:
            raise one.lost()


def next_batch() -> None:
    """Let what is written from here on be a statement of its own."""
    sheaves = _of(connections["default"])
    if sheaves and sheaves[-1]:
        sheaves.append(Kept())


def rows(sql: str, values: Values, *, apart: bool = False) -> list[tuple[Any, ...]]:
    """Run one prepared statement in the open transaction and return its rows.

    Bound on the server, unlike Django's cursors, so that Postgres plans it once.
    ``apart``: it reads nothing that is kept here, so that need not be sent before.
    """
    connection = connections["default"]
    if not apart and _of(connection):
        send_kept()
    connection.ensure_connection()
    if connection.queries_logged:
        connection.queries_log.append({"sql": sql, "time": "0"})
    with connection.wrap_database_errors:
        return prepared.prepared_rows(connection.connection, numbered(sql), values)


def read_json(sql: str, values: Values, *, apart: bool = False) -> list[Any]:
    """Run one prepared statement that gives JSON as text, one value a row."""
    return [json.loads(row[0]) if row[0] else None for row in rows(sql, values, apart=apart)]


@contextmanager
def sent_together() -> Iterator[None]:
    """Send what is kept at the end of the block; drop it where the block raises."""
    try:
        yield
    except BaseException:
        _forget(connections["default"])
        raise
    send_kept()


# -- What is kept stands on the connection: it lives and dies with its transaction. ---------


def _kept() -> Kept:
    connection: Any = connections["default"]
    if not connection.in_atomic_block:
        raise RuntimeError("Writing needs a transaction: open a scope first.")
    sheaves = _of(connection)
    if sheaves is None:
        sheaves = connection.handrail_kept = [Kept()]
        connection.execute_wrappers.append(_before_others)
    return sheaves[-1]


def _of(connection: Any) -> list[Kept] | None:
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
        send_kept()
    return execute(sql, params, many, context)
