"""Statements are prepared once a connection, and values go and come as their types."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from tenants.db import prepared
from tenants.db.prepared import prepared_rows
from tests import servers

NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)


@pytest.fixture(params=[5, None])
def connection(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own, outside any transaction; and one that keeps no statements."""
    given = {"prepare_threshold": request.param}
    with psycopg.connect(servers.super_url(servers.database()), **given) as opened:
        yield opened
        if not opened.broken:
            opened.rollback()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "ünï 'quoted' \\ \"both\""),
        ("text", ""),
        ("text", None),
        ("int", -7),
        ("float8", 1.5),
        ("uuid", UUID(int=7)),
        ("timestamptz", NOON),
        ("interval", timedelta(days=1, seconds=2, microseconds=3)),
        ("text[]", ["a", 'b"c', "d\\e", "f,g", "", "{}", "NULL"]),
        ("int[]", []),
        ("uuid[]", [UUID(int=1), UUID(int=2)]),
    ],
)
def test_a_value_comes_back_as_it_was_given(
    connection: psycopg.Connection[Any], kind: str, value: Any
) -> None:
    assert prepared_rows(connection, f"SELECT $1::{kind}", [value]) == [(value,)]


@pytest.mark.parametrize(
    "value", [b"bytes", {"a": 1}, object(), [b"bytes"]], ids=["bytes", "dict", "object", "list"]
)
def test_a_value_without_a_text_is_refused(connection: psycopg.Connection[Any], value: Any) -> None:
    with pytest.raises(TypeError, match="has no text for Postgres"):
        prepared_rows(connection, "SELECT $1::text", [value])


def test_rows_come_in_order_and_none_is_an_empty_list(
    connection: psycopg.Connection[Any],
) -> None:
    sql = "SELECT n, n * n FROM generate_series(1, $1::int) AS n"
    assert prepared_rows(connection, sql, [3]) == [(1, 1), (2, 4), (3, 9)]
    assert prepared_rows(connection, sql, [0]) == []
    assert prepared_rows(connection, "SET LOCAL statement_timeout = 0", []) == []


def test_a_statement_begins_a_transaction_like_any_other(
    connection: psycopg.Connection[Any],
) -> None:
    assert connection.pgconn.transaction_status == TransactionStatus.IDLE
    prepared_rows(connection, "SELECT 1", [])
    assert connection.pgconn.transaction_status == TransactionStatus.INTRANS
    connection.rollback()
    connection.autocommit = True
    prepared_rows(connection, "SELECT 1", [])
    assert connection.pgconn.transaction_status == TransactionStatus.IDLE


def test_an_error_is_psycopgs_own(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        prepared_rows(connection, "SELECT 1 / $1::int", [0])
    connection.rollback()
    with pytest.raises(psycopg.errors.SyntaxError):
        prepared_rows(connection, "SELEKT 1", [])


def test_an_error_of_the_first_statement_leaves_a_transaction_to_roll_back(
    connection: psycopg.Connection[Any],
) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        prepared_rows(connection, "SELECT 1 / $1::int", [0])
    assert connection.pgconn.transaction_status == TransactionStatus.INERROR
    connection.rollback()
    assert prepared_rows(connection, "SELECT 1 / $1::int", [1]) == [(1,)]


def test_a_server_that_went_away_is_an_operational_error(
    connection: psycopg.Connection[Any],
) -> None:
    prepared_rows(connection, "SELECT 1", [])
    connection.rollback()
    with psycopg.connect(servers.super_url(servers.database())) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        prepared_rows(connection, "SELECT 1", [])
    assert connection.broken


def _kept(connection: psycopg.Connection[Any]) -> list[str]:
    """The statements of these tests that the connection keeps prepared, oldest first."""
    rows = connection.execute(
        "SELECT statement FROM pg_prepared_statements WHERE name LIKE 'hr%' ORDER BY prepare_time"
    ).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("connection", [None], indirect=True)
def test_a_connection_without_a_threshold_keeps_no_statement(
    connection: psycopg.Connection[Any],
) -> None:
    assert prepared_rows(connection, "SELECT $1::int + 1", [2]) == [(3,)]
    assert _kept(connection) == []


@pytest.mark.parametrize("connection", [5], indirect=True)
def test_a_statement_is_prepared_once_and_the_least_used_is_dropped(
    connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "MOST", 2)
    for sql in ("SELECT 1", "SELECT 2", "SELECT 1"):
        prepared_rows(connection, sql, [])
    assert _kept(connection) == ["SELECT 1", "SELECT 2"]
    prepared_rows(connection, "SELECT 3", [])
    assert _kept(connection) == ["SELECT 1", "SELECT 3"]
    assert prepared_rows(connection, "SELECT 2", []) == [(2,)]
