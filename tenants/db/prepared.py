"""Prepared statements run directly on libpq, at a third of the cost of a psycopg cursor.

The number and the cost of statements limit how much a worker gets done. Values are sent as text
without types, and Postgres reads them as what the statement needs; results are read with psycopg's
own loaders. The connection stays psycopg's, which begins, commits and closes it as usual.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg
from psycopg import errors
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

# Statements that one connection keeps prepared.
MOST = 400

Connection = psycopg.Connection[Any]
_names: WeakKeyDictionary[Connection, OrderedDict[str, bytes]] = WeakKeyDictionary()
_numbers = count(1)


def prepared_rows(connection: Connection, sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """Run a statement with Postgres' own placeholders ($1 …), planned once a connection.

    A connection without a ``prepare_threshold`` keeps no statements, so it is planned each time.
    Returns its rows as tuples. Begins a transaction like any statement of psycopg. Raises
    psycopg.Error, and TypeError for a value without a text form.
    """
    pgconn = connection.pgconn
    if pgconn.transaction_status == TransactionStatus.IDLE and not connection.autocommit:
        _checked(connection, pgconn.exec_(b"BEGIN"))
    # Most values are text already, or None, which is NULL.
    given: list[Any] = [
        v.encode() if type(v) is str else None if v is None else _text(v) for v in values
    ]
    if connection.prepare_threshold is None:
        result = pgconn.exec_params(sql.encode(), given)
    else:
        result = pgconn.exec_prepared(_name(connection, sql), given)
    _checked(connection, result)
    if result.ntuples == 0:
        return []
    transformer = Transformer(connection)
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, tuple)


def begin_with_setting(connection: Connection, name: str, value: UUID) -> None:
    """Begin a transaction with a setting that ends with it, in one message to the server."""
    sql = f"BEGIN; SELECT set_config('{name}', '{value}', true)"
    _checked(connection, connection.pgconn.exec_(sql.encode()))


def _name(connection: Connection, sql: str) -> bytes:
    known = _names.setdefault(connection, OrderedDict())
    name = known.get(sql)
    if name is None:
        name = b"hr%d" % next(_numbers)
        _checked(connection, connection.pgconn.prepare(name, sql.encode()))
        known[sql] = name
        if len(known) > MOST:
            _, old = known.popitem(last=False)
            _checked(connection, connection.pgconn.exec_(b"DEALLOCATE " + old))
    else:
        known.move_to_end(sql)
    return name


def _checked(connection: Connection, result: Any) -> None:
    if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        return
    if connection.pgconn.status == ConnStatus.BAD:
        raise psycopg.OperationalError(connection.pgconn.get_error_message())
    raise errors.error_from_result(result, encoding=connection.info.encoding)


def _text(value: Any) -> bytes | None:
    match value:
        case None:
            return None
        case str():
            return value.encode()
        case UUID() | int() | float():
            return str(value).encode()
        case timedelta():
            return f"{value.total_seconds()} seconds".encode()
        case datetime():
            return value.isoformat().encode()
        case list() | tuple():
            return ("{" + ",".join(map(_element, value)) + "}").encode()
    raise TypeError(f"{value!r} has no text for Postgres here.")


def _element(value: Any) -> str:
    """Return one value inside an array, quoted."""
    text = (_text(value) or b"").decode()
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
