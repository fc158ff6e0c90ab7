"""A statement: names become Postgres' own numbers, wrong names are errors, rows have a type."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.worker import claims
from tenants.db.sql import numbered
from tenants.db.statements import SqlStatement, json_value
from tenants.scope import tenant_scope
from tests.architecture.test_sql import STATEMENTS
from tests.world import make_world


class Sum(NamedTuple):
    total: int
    text: str


class Rest(NamedTuple):
    rest: int
    fits: bool
    said: str


ADD = SqlStatement("SELECT %(a)s::int + %(b)s::int AS total, %(a)s || %(b)s || %(a)s AS text", Sum)
NUMBERS = SqlStatement("SELECT n FROM generate_series(1, %(upto)s::int) AS n", int)


def test_each_place_of_a_name_is_a_parameter_of_its_own() -> None:
    """Here ``a`` is an integer in one place and text in others."""
    assert numbered(ADD._positional) == (
        "SELECT $1::int + $2::int AS total, $3 || $4 || $5 AS text"
    )
    assert ADD._values({"b": 2, "a": 1}) == [1, 2, 1, 2, 1]


def test_rows_have_the_statements_type(db: None) -> None:
    assert ADD.rows(b=2, a=1) == [Sum(total=3, text="121")]
    row = ADD.row(a=1, b=2)
    assert row is not None
    assert (row.total, row.text) == (3, "121")
    assert NUMBERS.rows(upto=3) == [1, 2, 3]
    assert NUMBERS.row(upto=0) is None
    assert NUMBERS.run(upto=3) == 3


def test_a_percent_sign_is_written_twice(db: None) -> None:
    made = SqlStatement(
        "SELECT 7 %% %(by)s::int AS rest, %(word)s LIKE '%%s%%' AS fits, '%%s' AS said", Rest
    )
    assert numbered(made._positional) == (
        "SELECT 7 % $1::int AS rest, $2 LIKE '%s%' AS fits, '%s' AS said"
    )
    wanted = [Rest(rest=1, fits=True, said="%s")]
    assert made.rows(by=3, word="lost") == wanted
    assert made.rows_on(connection, by=3, word="lost") == wanted


@pytest.mark.parametrize("sql", ["SELECT %s", "SELECT 'a%'", "SELECT 7 % 3", "SELECT %(a)d"])
def test_a_lone_percent_sign_is_refused_when_the_statement_is_made(sql: str) -> None:
    with pytest.raises(ValueError, match="Write %"):
        SqlStatement(sql)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"a": 1}, "b is missing"),
        ({"a": 1, "b": 2, "c": 3}, "c is unknown"),
        ({"a": 1, "c": 3}, "b is missing, c is unknown"),
        ({}, "a is missing, b is missing"),
    ],
)
def test_a_missing_or_unknown_name_is_named(db: None, values: dict[str, int], said: str) -> None:
    for call in (ADD.rows, ADD.row, ADD.run, ADD.keep):
        with pytest.raises(TypeError, match=said):
            call(**values)
    with pytest.raises(TypeError, match=said):
        ADD.rows_on(connection, **values)


def test_a_parameter_may_have_any_name(db: None) -> None:
    named = SqlStatement("SELECT %(self)s || %(connection)s || %(values)s", str)
    assert named.rows(self="a", connection="b", values="c") == ["abc"]
    assert named.rows_on(connection, self="a", connection="b", values="c") == ["abc"]


NAME = "SELECT name FROM tenants_tenant WHERE id = %(tenant)s"


def test_a_kept_statement_is_sent_before_the_next_that_reads(db: None) -> None:
    tenant = make_world().harbor.tenant
    rename = SqlStatement(
        "UPDATE tenants_tenant SET name = %(name)s || ' %%' WHERE id = %(tenant)s"
    )
    with tenant_scope(tenant.pk):
        with CaptureQueriesContext(connection) as sent:
            rename.keep(name="Haven", tenant=tenant.pk)
        assert len(sent) == 0
        # A statement that reads nothing of what is kept goes before.
        assert SqlStatement(NAME, str, apart=True).rows(tenant=tenant.pk) == [tenant.name]
        assert SqlStatement(NAME, str).rows(tenant=tenant.pk) == ["Haven %"]


def test_one_call_is_one_statement(db: None) -> None:
    for call in (ADD.rows, ADD.row, ADD.run):
        with CaptureQueriesContext(connection) as sent:
            call(a=1, b=2)
        assert len(sent) == 1
    with CaptureQueriesContext(connection) as sent:
        NUMBERS.rows_on(connection, upto=3)
    assert len(sent) == 1


def test_a_statement_without_rows_gives_none(db: None) -> None:
    nothing = SqlStatement("DELETE FROM audit_outbox WHERE topic = %(topic)s")
    assert nothing.run(topic="none") == 0
    assert nothing.rows_on(connection, topic="none") == []


def test_json_is_read_where_there_is_some(db: None) -> None:
    read = SqlStatement("SELECT %(text)s::jsonb::text", json_value)
    assert read.rows(text='{"a": [1, null]}') == [{"a": [1, None]}]
    assert read.rows(text=None) == [None]


# -- The statements of the product -----------------------------------------------------------


def product_statements() -> Iterator[tuple[str, SqlStatement[Any]]]:
    for path in sorted(STATEMENTS):
        module = import_module(path.removesuffix(".py").replace("/", "."))
        for name, found in sorted(vars(module).items()):
            several = found.values() if isinstance(found, dict) else [found]
            yield from ((f"{path}:{name}", s) for s in several if isinstance(s, SqlStatement))


def columns_of(statement: SqlStatement[Any]) -> tuple[str, ...]:
    """The names that Postgres gives to the columns."""
    libpq = connection.connection.pgconn
    refused = libpq.prepare(b"", numbered(statement._positional).encode()).error_message
    assert not refused, refused.decode()
    described = libpq.describe_prepared(b"")
    return tuple(described.fname(n).decode() for n in range(described.nfields))


def test_the_fields_of_a_row_are_the_columns_in_their_order(db: None) -> None:
    seen = set()
    for where, statement in product_statements():
        columns, fields = columns_of(statement), getattr(statement._row, "_fields", None)
        if fields is not None:
            assert (where, columns) == (where, fields)
            seen.add(where)
    assert {"audit/worker/sweep.py:_SWEEP", "audit/worker/concurrency.py:_MEASURE"} <= seen


@pytest.mark.parametrize("functions", [[], ["workflows_enter"]])
@pytest.mark.parametrize(
    ("sql", "row", "fields"),
    [
        (claims._CLAIM_BATCH, claims._batch_row, claims._RowOfBatch._fields),
        (claims._CLAIM_ROW, claims._single_row, claims._SingleRow._fields),
    ],
)
def test_the_fields_of_a_claim_are_its_columns_before_what_is_read_ahead(
    db: None, sql: str, row: Any, fields: tuple[str, ...], functions: list[str]
) -> None:
    columns = columns_of(claims._claiming(sql, row, frozenset(functions)))
    own = len(fields) - 1  # the last field is what was read ahead
    assert columns[:own] == fields[:own]
    assert (len(columns) > own) == bool(functions)
