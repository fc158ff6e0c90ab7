"""The writes of one transaction are collected and sent to Postgres in one statement.

Inserts and guarded updates are kept until something is read or the scope ends, then sent as one
``WITH … SELECT`` of data-modifying parts. The number of statements limits how much a worker gets
done, as each costs a round trip, a parse and a plan. Nothing becomes visible earlier or later than
with single statements, because every other statement on the connection sends the kept writes first.
Only the error of a lost race comes later: from ``send_kept``, or from the end of the scope at the
latest.

A transaction that works on several runs keeps one batch of writes for each, so that the statements
have the same shape, however many runs there are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from django.db import IntegrityError, connections, models
from psycopg.errors import UniqueViolation

from tenants.db import prepared
from tenants.db.sql import (
    Kept,
    Model,
    NewRow,
    Update,
    Values,
    combined_statement,
    insert_unless_statement,
    numbered,
)


def insert(*objects: models.Model) -> None:
    """Keep new rows; their values are read when they are sent."""
    kept = _kept()
    for obj in objects:
        obj._state.adding, obj._state.db = False, "default"
        kept.inserts.setdefault(type(obj), []).append(obj)


def insert_row(model: Model, **values: Any) -> None:
    """Keep one new row without an instance: every column by its attribute's name."""
    _kept().inserts.setdefault(model, []).append(values)


def insert_unless(obj: models.Model, *along: NewRow, taken: str) -> bool:
    """Insert one row at once, and the rows ``along`` with it in the same statement.

    False, and none is inserted, if the row conflicts on ``taken``, an ON CONFLICT target.
    """
    made = bool(rows(*insert_unless_statement(obj, taken, along)))
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

    ``guard`` names attributes that must still have these values in the database; where they have
    not, sending raises ``lost()``. Without ``lost`` an update of no row is no error.
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
    """Send the kept writes now. Raises the error of the first update that lost its race."""
    connection = connections["default"]
    batches = _batches_of(connection)
    if not batches:
        return
    _drop_kept(connection)
    for kept in batches:
        if kept:
            _send(kept)


def _send(kept: Kept) -> None:
    guarded = list(kept.updates.values())
    races = [one.lost for one in guarded if one.lost is not None]
    try:
        counts = rows(*combined_statement(kept, guarded))[0]
    except IntegrityError as error:
        # Of two transactions that write the same, the later one may violate a unique constraint
        # before its own guard is checked: that is a lost race too.
        if races and isinstance(error.__cause__, UniqueViolation):
            raise races[0]() from error
        raise
    for one, changed in zip(guarded, counts, strict=True):
        if changed != 1 and one.lost is not None:
            raise one.lost()


def next_batch() -> None:
    """Put the writes from here on into a batch, and so a statement, of their own."""
    batches = _batches_of(connections["default"])
    if batches and batches[-1]:
        batches.append(Kept())


def rows(sql: str, values: Values, *, apart: bool = False) -> list[tuple[Any, ...]]:
    """Run one prepared statement in the open transaction and return its rows.

    Values are bound on the server, unlike with Django's cursors, so that Postgres plans the
    statement once. ``apart``: the statement reads nothing that is kept, so the kept writes are not
    sent before.
    """
    connection = connections["default"]
    if not apart and _batches_of(connection):
        send_kept()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    if connection.queries_logged:
        logged = psycopg.ClientCursor(connection.connection).mogrify(sql, values)
        connection.queries_log.append({"sql": logged, "time": "0"})
    with connection.wrap_database_errors:
        return prepared.prepared_rows(connection.connection, numbered(sql), values)


def begin_transaction(name: str, value: UUID) -> None:
    """Send the BEGIN of a new transaction together with a setting that ends with it."""
    connection = connections["default"]
    connection.ensure_connection()
    if connection.queries_logged:
        connection.queries_log.append({"sql": f"BEGIN; SELECT set_config({name})", "time": "0"})
    with connection.wrap_database_errors:
        prepared.begin_with_setting(connection.connection, name, value)


@contextmanager
def sent_at_end() -> Iterator[None]:
    """The kept writes are sent at the end of the block, or dropped where it raises."""
    try:
        yield
    except BaseException:
        _drop_kept(connections["default"])
        raise
    send_kept()


# -- Kept writes are stored on the connection and end with its transaction. -----------------


def _kept() -> Kept:
    connection: Any = connections["default"]
    if not connection.in_atomic_block:
        raise RuntimeError("Writing needs a transaction: open a scope first.")
    batches = _batches_of(connection)
    if batches is None:
        batches = connection.handrail_kept = [Kept()]
        connection.execute_wrappers.append(_send_before_others)
    return batches[-1]


def _batches_of(connection: Any) -> list[Kept] | None:
    return getattr(connection, "handrail_kept", None)


def _drop_kept(connection: Any) -> None:
    if _batches_of(connection) is not None:
        connection.handrail_kept = None
        connection.execute_wrappers.remove(_send_before_others)


def _send_before_others(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Send the kept writes before any other statement, as Django's execute wrapper."""
    if sql.startswith("ROLLBACK"):
        # Creating the savepoint sent all earlier writes, so the kept ones belong to the rollback.
        _drop_kept(context["connection"])
    else:
        send_kept()
    return execute(sql, params, many, context)
