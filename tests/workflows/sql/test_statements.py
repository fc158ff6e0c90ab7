"""Statements of a tool: what is one, what its parameters are, and which values they take."""

from typing import Any

import pytest

from tenants.errors import Invalid
from workflows.sql.statements import (
    argument_names,
    parameter_names,
    parameter_values,
    statement_settings,
    without_literals,
)

SQLITE = {"kind": "sqlite", "name": "shop"}
POSTGRES = {
    "kind": "postgres",
    "host": "db.shop.example",
    "name": "shop",
    "user": "reader",
    "password": "secret:shop-db",
}


def settings(statement: str = "SELECT 1", **more: Any) -> dict[str, Any]:
    return {"database": SQLITE, "statement": statement} | more


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM orders WHERE number = %(order)s",
        "  -- the newest\n/* of all */ select 1;  ",
        "(SELECT 1)",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "SELECT * FROM orders WHERE note LIKE '%%;%%' AND \"a;b\" = 'it''s; fine'",
        "UPDATE orders SET total = %(amount.value)s WHERE id = %(id)s",
        "SELECT 'a'\r\nFROM orders -- all\r\nWHERE note = U&'\\0441' AND use = 'E' AND (e)=''",
        "UPDATE jobs SET taken = true WHERE id = (SELECT id FROM jobs LIMIT 1 FOR\nUPDATE)",
        "SELECT (SELECT 1 FOR NO KEY UPDATE), lower(update_note) FROM (SELECT a.update FROM a) a",
        "INSERT INTO a (id) SELECT 1 ON CONFLICT (id) DO UPDATE SET id = 1",
    ],
)
def test_one_statement_is_taken(statement: str) -> None:
    assert statement_settings(settings(statement)).statement == statement


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT 1; DROP TABLE orders", "one statement"),
        ("SELECT 1;;", "one statement"),
        ("DROP TABLE orders", "begins with"),
        ("ATTACH 'x' AS y", "begins with"),
        ("COPY orders TO PROGRAM 'sh'", "begins with"),
        ("-- SELECT", "begins with"),
        ("SELECT 5 % 2", "twice"),
        ("SELECT %s", "twice"),
        ("SELECT '%(order)s'", "within quotes"),
        ("SELECT %(or der)s", "no name of a parameter"),
        ("SELECT %(a.b.c)s", "no name of a parameter"),
        ("SELECT $$a;b$$", "dollar"),
        ("SELECT '\x00'", "can't be sent"),
        ("SELECT 1 -- x\r; DROP TABLE orders", "can't be sent"),
        (r"SELECT E'\''; DROP TABLE orders; --'", "without E"),
        (r"SELECT (e'\''); DROP TABLE orders; --'", "without E"),
        ("SELECT 1 /* /* */ ' */; DROP TABLE orders; --'", "comment within"),
        ("WITH gone AS (DELETE FROM a) UPDATE b SET c = 1", "within brackets"),
        ("WITH a AS ( /* */ INSERT INTO b VALUES (1)) SELECT 1", "within brackets"),
        ("WITH a AS (WITH b AS (SELECT 1) UPDATE c SET d = 1) SELECT 1", "within brackets"),
        ("SELECT '\ud800'", "statement"),
        ("", "statement"),
    ],
)
def test_what_is_not_one_is_refused(statement: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        statement_settings(settings(statement))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"host": "db.example/../x"}, "host is a host"),
        ({"host": "user@db.example"}, "host is a host"),
        ({"host": "db.example:0"}, "host is a host"),
        ({"password": "sesame"}, "password"),
        ({"tls": "maybe"}, "tls"),
        ({"kind": "oracle"}, "kind|database"),
        ({"port": 1}, "port"),
    ],
)
def test_a_database_is_named_plainly(change: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        statement_settings({"database": POSTGRES | change, "statement": "SELECT 1"})


def test_the_port_is_the_usual_one_where_none_is_said() -> None:
    usual = statement_settings({"database": POSTGRES, "statement": "SELECT 1"}).database
    other = POSTGRES | {"host": "DB.shop.example:80"}
    given = statement_settings({"database": other, "statement": "SELECT 1"}).database
    assert usual.kind == given.kind == "postgres"
    assert usual.address == ("db.shop.example", 5432)
    assert given.address == ("db.shop.example", 80)


def test_parameters_are_named_once_in_their_order() -> None:
    statement = "SELECT %(b)s, %(a.value)s, %(b)s, %(a.currency)s, %(idempotency_key)s"
    assert parameter_names(statement) == ["b", "a.value", "a.currency", "idempotency_key"]
    assert argument_names(statement) == ["b", "a"]


def test_values_are_looked_up_and_what_is_not_given_is_null() -> None:
    statement = "SELECT %(order)s, %(amount.value)s, %(note)s, %(paid)s, %(idempotency_key)s"
    args = {"order": "A-17", "amount": {"value": 4820, "currency": "USD"}, "paid": True}
    assert parameter_values(statement, args, "k1") == {
        "order": "A-17",
        "amount.value": 4820,
        "note": None,
        "paid": True,
        "idempotency_key": "k1",
    }


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"order": ["A-17"]}, "order is one value"),
        ({"order": {"a": 1}}, "order is one value"),
        ({"order": 1.5}, "order is one value"),
        ({"order": "a\x00b"}, "no database takes"),
        ({"order": 2**63}, "larger than a column takes"),
        ({"other": 1}, "no parameter other"),
        ({"idempotency_key": "mine"}, "no parameter idempotency_key"),
    ],
)
def test_values_no_column_takes_are_refused(args: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        parameter_values("SELECT %(order)s, %(idempotency_key)s", args, "k1")


def test_texts_quoted_names_and_comments_are_no_part_of_the_statement() -> None:
    bare = without_literals("SELECT 'a;--b' AS \"c;d\" /* ; */ -- ;\nFROM x")
    assert bare.split() == ["SELECT", "AS", "FROM", "x"]
