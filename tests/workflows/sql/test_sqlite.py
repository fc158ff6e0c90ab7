"""Statements in a real SQLite file: reads change nothing, writes are all or nothing."""

import sqlite3
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from tenants.errors import Invalid
from tenants.models import Tenant
from tests.workflows.sql.shop_database import ask_sqlite, sqlite_shop
from workflows.exceptions.causes import Cause
from workflows.sql.sqlite import file_of
from workflows.sql.statements import SqliteDatabase
from workflows.tools import ToolFailed

FIND = "SELECT number, customer, total FROM orders WHERE number = %(order)s"
CHANGE = "UPDATE orders SET total = %(amount.value)s WHERE number = %(order)s"
ORDERS = [("A-17", 4820), ("A-18", 4200), ("B-1", 100)]
COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return sqlite_shop(tmp_path)


def orders(path: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(path) as opened:
        found = opened.execute("SELECT number, total FROM orders ORDER BY number").fetchall()
    opened.close()
    return found


def failure(path: str, statement: str, **more: Any) -> ToolFailed:
    with pytest.raises(ToolFailed) as caught:
        ask_sqlite(path, statement, **more)
    assert orders(path) == ORDERS
    return caught.value


def test_a_read_answers_its_rows(path: str) -> None:
    row = {"number": "A-17", "customer": "Mia Kern", "total": 4820}
    assert ask_sqlite(path, FIND, order="A-17") == {"rows": [row], "more": False}
    assert ask_sqlite(path, FIND, order="' OR 1=1 --") == {"rows": [], "more": False}


def test_no_more_rows_come_than_it_may_answer(path: str) -> None:
    found = ask_sqlite(path, "SELECT number FROM orders ORDER BY number", rows=2)
    assert found == {"rows": [{"number": "A-17"}, {"number": "A-18"}], "more": True}


def test_values_come_as_json_has_them(path: str) -> None:
    [row] = ask_sqlite(path, "SELECT x'00ff' AS b, NULL AS n, 1.5 AS r, 'ä %%' AS t")["rows"]
    assert row == {"b": "2 bytes", "n": None, "r": 1.5, "t": "ä %"}


def test_two_columns_of_one_name_are_refused(path: str) -> None:
    both = "SELECT o.total, r.total FROM orders AS o JOIN orders AS r USING (number)"
    assert "Two of its columns are called total." in str(failure(path, both))
    change = "UPDATE orders SET total = 1 WHERE number = 'A-17' RETURNING total, number AS total"
    assert "Name them apart with AS." in str(failure(path, change, acts=True))
    [row] = ask_sqlite(path, "SELECT 1 AS a, 2 AS A")["rows"]
    assert row == {"a": 1, "A": 2}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM orders",
        "UPDATE orders SET total = 0 RETURNING number",
        "SELECT load_extension('x')",
        "SELECT writefile('x', 'y')",
    ],
)
def test_a_read_changes_nothing(path: str, statement: str) -> None:
    assert not failure(path, statement).retryable


@pytest.mark.parametrize("acts", [True, False])
def test_a_statement_that_takes_too_long_is_stopped(path: str, acts: bool) -> None:
    found = failure(path, COUNT, acts=acts, seconds=0.05)
    assert (found.retryable, found.kind) == (True, "timeout")


def test_values_that_json_has_not_come_as_text(path: str) -> None:
    query = "SELECT 9e999 AS i, -9e999 AS j, 'a' || char(0) AS n, CAST(x'e4' AS TEXT) AS t"
    [row] = ask_sqlite(path, query)["rows"]
    assert row == {"i": "Infinity", "j": "-Infinity", "n": "a\ufffd", "t": "\ufffd"}


@pytest.mark.parametrize("acts", [True, False])
def test_rows_are_never_read_whole(path: str, acts: bool) -> None:
    large = f"{COUNT.rpartition('SELECT')[0]}SELECT hex(zeroblob(90000)) AS a FROM n LIMIT 2000"
    tracemalloc.start()
    with pytest.raises(ToolFailed):
        ask_sqlite(path, large, acts=acts, rows=200, changes=1000, seconds=30)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 20_000_000


def test_what_a_write_returns_is_bounded(path: str) -> None:
    every = "UPDATE orders SET total = 0 RETURNING hex(zeroblob(%(size)s)) AS much"
    found = failure(path, every, acts=True, changes=3, size=100_000)
    assert "more than 512 kB" in str(found) or "more than 64 kB" in str(found)


def test_a_huge_value_is_not_made(path: str) -> None:
    assert failure(path, "SELECT hex(zeroblob(500000000))").cause is Cause.DATA


def test_a_write_changes_what_it_is_declared_to(path: str) -> None:
    args: dict[str, Any] = {"order": "A-17", "amount": {"value": 5, "currency": "USD"}}
    assert ask_sqlite(path, CHANGE, acts=True, **args) == {"changed": 1}
    assert orders(path) == [("A-17", 5), *ORDERS[1:]]
    found = ask_sqlite(path, f"{CHANGE} RETURNING total", acts=True, **args)
    assert found == {"changed": 1, "rows": [{"total": 5}]}


@pytest.mark.parametrize("returning", ["", " RETURNING number"])
def test_a_write_that_changes_another_number_of_rows_is_taken_back(
    path: str, returning: str
) -> None:
    every = f"UPDATE orders SET total = 0{returning}"
    assert "changed 3 rows" in str(failure(path, every, acts=True))
    none = f"UPDATE orders SET total = 0 WHERE number = 'none'{returning}"
    assert "changed 0 rows" in str(failure(path, none, acts=True))
    assert ask_sqlite(path, every, acts=True, changes=3)["changed"] == 3


@pytest.mark.parametrize("returning", ["", " RETURNING number"])
def test_so_is_one_that_begins_with_another_word(path: str, returning: str) -> None:
    every = f"WITH one AS (SELECT 0 AS n) UPDATE orders SET total = (SELECT n FROM one){returning}"
    assert "changed 3 rows" in str(failure(path, every, acts=True))
    assert ask_sqlite(path, every, acts=True, changes=3)["changed"] == 3
    assert orders(path) == [("A-17", 0), ("A-18", 0), ("B-1", 0)]


def test_the_key_makes_a_second_try_harmless(path: str) -> None:
    statement = (
        "INSERT INTO refunds (id, number) VALUES (%(idempotency_key)s, %(order)s) "
        "ON CONFLICT (id) DO UPDATE SET id = excluded.id"
    )
    for _ in range(2):
        assert ask_sqlite(path, statement, acts=True, order="A-17") == {"changed": 1}


def test_a_file_in_use_is_tried_again_later(path: str) -> None:
    with sqlite3.connect(path) as other:
        other.execute("BEGIN IMMEDIATE")
        args: dict[str, Any] = {"order": "A-17", "amount": {"value": 5}}
        with pytest.raises(ToolFailed, match="in use") as caught:
            ask_sqlite(path, CHANGE, acts=True, seconds=0.05, **args)
    other.close()
    assert caught.value.retryable


def test_what_the_database_refuses_is_said(path: str) -> None:
    statement = "INSERT INTO orders VALUES (%(order)s, 'Mia', 1)"
    found = failure(path, statement, acts=True, order="A-17")
    assert (found.cause, found.retryable) == (Cause.DATA, False)
    assert failure(path, "SELECT * FROM nowhere").cause is Cause.TOOL


def test_a_file_that_is_gone_or_is_no_database_is_said(path: str, tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="unable to open"):
        ask_sqlite(str(tmp_path / "gone"), FIND, order="A-17")
    assert not (tmp_path / "gone").exists()
    (tmp_path / "text").write_text("no database at all, only a text" * 50)
    with pytest.raises(ToolFailed, match="not a database"):
        ask_sqlite(str(tmp_path / "text"), FIND, order="A-17")


def test_a_client_has_only_the_files_kept_for_it(settings: Any) -> None:
    settings.SQLITE_FILES = {"harbor-pine/shop": "/data/shop.sqlite"}
    shop = SqliteDatabase(kind="sqlite", name="shop")
    assert file_of(shop, Tenant(slug="harbor-pine")) == "/data/shop.sqlite"
    with pytest.raises(Invalid, match="fernside/shop=path"):
        file_of(shop, Tenant(slug="fernside"))
