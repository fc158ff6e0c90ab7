"""Statements in a real Postgres: reads change nothing, writes are all or nothing."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.doors import allow
from tests.workflows.sql.shop_database import Shop, ask_postgres, postgres_shop
from workflows.exceptions.causes import Cause
from workflows.tools import ToolFailed, ToolInDoubt

FIND = "SELECT number, customer, total FROM orders WHERE number = %(order)s"
CHANGE = "UPDATE orders SET total = %(amount.value)s WHERE number = %(order)s"
ORDERS = [("A-17", 4820), ("A-18", 4200), ("B-1", 100)]


@pytest.fixture(scope="module")
def made() -> Iterator[Shop]:
    with postgres_shop() as opened:
        yield opened


@pytest.fixture
def shop(made: Shop) -> Iterator[Shop]:
    yield made
    made.owner.execute("DELETE FROM refunds")
    made.owner.execute("DELETE FROM orders WHERE number NOT IN ('A-17', 'A-18', 'B-1')")
    for number, total in ORDERS:
        made.owner.execute("UPDATE orders SET total = %s WHERE number = %s", (total, number))


def orders(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.rows("SELECT number, total FROM orders ORDER BY number")


def failure(shop: Shop, statement: str, **more: Any) -> ToolFailed:
    with pytest.raises(ToolFailed) as caught:
        ask_postgres(shop, statement, **more)
    assert orders(shop) == ORDERS
    return caught.value


def test_a_read_answers_its_rows(shop: Shop) -> None:
    row = {"number": "A-17", "customer": "Mia Kern", "total": 4820}
    assert ask_postgres(shop, FIND, order="A-17") == {"rows": [row], "more": False}
    assert ask_postgres(shop, f"{FIND}; ", order="none") == {"rows": [], "more": False}


def test_an_argument_is_a_value_whatever_it_says(shop: Shop) -> None:
    for evil in ("' OR 1=1 --", "A-17'; DROP TABLE orders; --", "%(order)s", "\\'"):
        assert ask_postgres(shop, FIND, order=evil)["rows"] == []
    assert orders(shop) == ORDERS


def test_no_more_rows_come_than_it_may_answer(shop: Shop) -> None:
    found = ask_postgres(shop, "SELECT n FROM generate_series(1, 9000000) AS n", rows=3)
    assert found == {"rows": [{"n": 1}, {"n": 2}, {"n": 3}], "more": True}


def test_values_come_as_json_has_them(shop: Shop) -> None:
    query = (
        "SELECT 12345678901234567890.5::numeric AS n, DATE '2026-11-30' AS d, true AS b, "
        "NULL AS nothing, ARRAY[1,2] AS list, 'ä %%' AS t"
    )
    [row] = ask_postgres(shop, query)["rows"]
    assert (row["d"], row["b"], row["nothing"], row["list"]) == ("2026-11-30", True, None, [1, 2])
    assert row["t"] == "ä %"
    assert str(row["n"]) == "12345678901234567890.5"


def test_two_columns_of_one_name_are_refused(shop: Shop) -> None:
    both = "SELECT o.total, r.total FROM orders AS o JOIN orders AS r USING (number)"
    assert "Two of its columns are called total." in str(failure(shop, both))
    change = "UPDATE orders SET total = 1 WHERE number = 'A-17' RETURNING total, number AS total"
    assert "Name them apart with AS." in str(failure(shop, change, acts=True))
    nested = """SELECT '{"a": 1, "a": 2}'::json AS one, 1 AS a, 2 AS "A" """
    [row] = ask_postgres(shop, nested)["rows"]
    assert row == {"one": {"a": 2}, "a": 1, "A": 2}


def test_a_column_may_be_called_anything(shop: Shop) -> None:
    query = 'SELECT number AS one, total AS "one.*", 1 AS "?column?" FROM orders'
    [row] = ask_postgres(shop, f"{query} WHERE number = 'A-17'")["rows"]
    assert row == {"one": "A-17", "one.*": 4820, "?column?": 1}
    change = "UPDATE orders SET total = 4820 WHERE number = 'A-17' RETURNING number AS one"
    assert ask_postgres(shop, change, acts=True)["rows"] == [{"one": "A-17"}]


def test_a_huge_cell_is_never_read_whole(shop: Shop) -> None:
    found = failure(shop, "SELECT repeat('x', 200000000) AS text", seconds=30)
    assert "more than 64 kB" in str(found)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM orders RETURNING number",
        "WITH gone AS (DELETE FROM refunds RETURNING *) SELECT * FROM gone",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "SELECT 1) AS one, (DELETE FROM refunds RETURNING 1",
    ],
)
def test_a_read_changes_nothing(shop: Shop, statement: str) -> None:
    assert not failure(shop, statement).retryable


@pytest.mark.parametrize(
    "statement",
    [
        r"SELECT E'\'') AS a; COMMIT; DELETE FROM orders; SELECT '' FROM (SELECT 1 --'",
        "SELECT 1 -- x\r) AS a; COMMIT; DELETE FROM orders; SELECT '' FROM (SELECT 1",
        "SELECT 1 /* /* */ ' */) AS a; COMMIT; DELETE FROM orders; SELECT '' FROM (SELECT 1 --'",
    ],
)
def test_what_ends_elsewhere_for_the_server_is_no_second_statement(
    shop: Shop, statement: str
) -> None:
    found = failure(shop, statement)
    assert "multiple commands" in str(found)


def test_a_function_that_writes_may_not_in_a_read(shop: Shop) -> None:
    shop.owner.execute(
        "CREATE OR REPLACE FUNCTION close_all() RETURNS int LANGUAGE sql "
        "AS 'DELETE FROM orders RETURNING 1'"
    )
    found = failure(shop, "SELECT close_all()")
    assert str(found) == "The statement wanted to change something, and this tool only reads."
    assert found.cause is Cause.TOOL


def test_a_write_changes_what_it_is_declared_to(shop: Shop) -> None:
    args: dict[str, Any] = {"order": "A-17", "amount": {"value": 5, "currency": "USD"}}
    assert ask_postgres(shop, CHANGE, acts=True, **args) == {"changed": 1}
    assert orders(shop) == [("A-17", 5), *ORDERS[1:]]


def test_a_write_returns_rows(shop: Shop) -> None:
    statement = f"{CHANGE} RETURNING number, total"
    args: dict[str, Any] = {"order": "A-17", "amount": {"value": 6}}
    found = ask_postgres(shop, statement, acts=True, **args)
    assert found == {"changed": 1, "rows": [{"number": "A-17", "total": 6}]}
    assert orders(shop)[0] == ("A-17", 6)


@pytest.mark.parametrize("returning", ["", " RETURNING number"])
def test_a_write_that_changes_another_number_of_rows_is_taken_back(
    shop: Shop, returning: str
) -> None:
    every = f"UPDATE orders SET total = 0{returning}"
    found = failure(shop, every, acts=True)
    assert str(found) == (
        "It would have changed 3 rows, and is declared to change 1 row. Nothing was changed."
    )
    none = f"UPDATE orders SET total = 0 WHERE number = 'none'{returning}"
    assert "changed 0 rows" in str(failure(shop, none, acts=True))
    assert ask_postgres(shop, every, acts=True, changes=3)["changed"] == 3


def test_the_key_makes_a_second_try_harmless(shop: Shop) -> None:
    statement = (
        "INSERT INTO refunds (id, number, value) VALUES (%(idempotency_key)s, %(order)s, 5) "
        "ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING id"
    )
    for _ in range(2):
        found = ask_postgres(shop, statement, acts=True, order="A-17")
        assert found == {"changed": 1, "rows": [{"id": "the-key"}]}
    assert shop.rows("SELECT id, number FROM refunds") == [("the-key", "A-17")]


def test_what_the_database_refuses_is_said(shop: Shop) -> None:
    insert = "INSERT INTO refunds (id, number, value) VALUES ('r', %(order)s, %(value)s)"
    found = failure(shop, insert, acts=True, order="none", value=1)
    assert (found.cause, found.retryable) == (Cause.DATA, False)
    assert "foreign key" in str(found)
    found = failure(shop, insert, acts=True, order="A-17", value="much")
    assert found.cause is Cause.DATA
    found = failure(shop, "SELECT * FROM nowhere")
    assert (found.cause, found.retryable) == (Cause.TOOL, False)


@pytest.mark.parametrize("acts", [True, False])
def test_a_statement_that_takes_too_long_is_stopped(shop: Shop, acts: bool) -> None:
    found = failure(shop, "SELECT pg_sleep(20)", acts=acts, seconds=0.05)
    assert (found.retryable, found.kind) == (True, "timeout")


def test_a_row_that_another_has_locked_is_tried_again_later(shop: Shop) -> None:
    with shop.owner.transaction():
        shop.owner.execute("SELECT 1 FROM orders WHERE number = 'A-17' FOR UPDATE")
        found = failure(shop, CHANGE, acts=True, seconds=0.05, order="A-17", amount={"value": 5})
    assert found.retryable


@pytest.mark.parametrize(
    ("database", "password", "cause", "said"),
    [
        ({}, "wrong", Cause.KEY_REFUSED, "refused the user"),
        ({"user": "nobody-here"}, "wrong", Cause.KEY_REFUSED, "refused the user"),
        ({"name": "nowhere"}, None, Cause.TOOL, "has no database nowhere"),
        ({"tls": "verify"}, None, Cause.TOOL, "no TLS connection"),
        ({"tls": "require"}, None, Cause.TOOL, "no TLS connection"),
    ],
)
def test_a_connection_that_is_refused_says_why(
    shop: Shop, database: dict[str, Any], password: str | None, cause: Cause, said: str
) -> None:
    more = {"password": password} if password else {}
    found = failure(shop, FIND, order="A-17", database=database, **more)
    assert said in str(found)
    assert (found.cause, found.retryable) == (cause, False)


def test_an_address_inside_is_not_connected_to(shop: Shop) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        door.setblocking(False)
        host = f"127.0.0.1:{door.getsockname()[1]}"
        found = failure(shop, FIND, order="A-17", database={"host": host})
        assert found.cause is Cause.HOST
        with pytest.raises(BlockingIOError):
            door.accept()


def test_nothing_there_is_tried_again(shop: Shop) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{door.getsockname()[1]}"
    allow(host)
    found = failure(shop, FIND, order="A-17", database={"host": host})
    assert found.retryable


class Proxy:
    """A door to the shop that closes once the client sends these bytes."""

    def __init__(self, to: str, until: bytes) -> None:
        self.to, self.until = to, until
        self.door = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        client, _ = self.door.accept()
        host, _, port = self.to.partition(":")
        with client, socket.create_connection((host, int(port))) as server:
            back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
            back.start()
            while sent := client.recv(65536):
                server.sendall(sent)
                if self.until in sent:
                    client.shutdown(socket.SHUT_RDWR)
                    server.shutdown(socket.SHUT_WR)
                    break
            back.join(5)
        self.door.close()

    def _pump(self, server: socket.socket, client: socket.socket) -> None:
        try:
            while got := server.recv(65536):
                client.sendall(got)
        except OSError:
            pass


def test_a_commit_whose_answer_is_lost_is_in_doubt(shop: Shop) -> None:
    proxy = Proxy(shop.host, b"COMMIT")
    allow(proxy.host)
    with pytest.raises(ToolInDoubt):
        ask_postgres(
            shop,
            CHANGE,
            acts=True,
            order="A-17",
            amount={"value": 7},
            database={"host": proxy.host},
        )


def test_a_server_that_ends_the_connection_at_the_commit_leaves_it_in_doubt(shop: Shop) -> None:
    shop.owner.execute(
        "CREATE OR REPLACE FUNCTION end_it() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"
    )
    shop.owner.execute(
        "CREATE CONSTRAINT TRIGGER ends AFTER INSERT ON refunds DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION end_it()"
    )
    try:
        with pytest.raises(ToolInDoubt):
            ask_postgres(shop, "INSERT INTO refunds VALUES ('r', 'A-17', 5)", acts=True)
    finally:
        shop.owner.execute("DROP TRIGGER ends ON refunds")


def test_a_connection_lost_before_the_commit_changed_nothing(shop: Shop) -> None:
    proxy = Proxy(shop.host, b"UPDATE")
    allow(proxy.host)
    amount = {"value": 7}
    found = failure(
        shop, CHANGE, acts=True, order="A-17", amount=amount, database={"host": proxy.host}
    )
    assert found.retryable
