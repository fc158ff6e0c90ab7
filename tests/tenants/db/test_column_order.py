"""Moving columns to the end of a table loses nothing of it."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import connection

from tenants.db.column_order import _COLUMN, _DEPENDENTS, _moves
from tests import servers

TABLE = """
CREATE TABLE moved (
    id int PRIMARY KEY, status varchar(8) NOT NULL DEFAULT 'open', body text, size int,
    CONSTRAINT known CHECK (status IN ('open', 'done') AND size < 9),
    CONSTRAINT one_size UNIQUE (size)
);
CREATE INDEX still_open ON moved (id) WHERE status = 'open';
CREATE INDEX bodies ON moved (body);
INSERT INTO moved VALUES (1, 'open', 'long', 3), (2, 'done', NULL, NULL);
"""


@pytest.fixture
def su() -> Iterator[psycopg.Connection]:
    """A superuser's transaction that is rolled back."""
    with psycopg.connect(servers.super_url(servers.database())) as found:
        yield found
        found.rollback()


def test_values_constraints_indexes_and_defaults_stay(su: psycopg.Connection) -> None:
    for statement in TABLE.split(";"):
        su.execute(statement)
    names = ["size", "status"]
    leaning = _DEPENDENTS.rows_on(su, table="moved", columns=names)
    columns = [_COLUMN.rows_on(su, table="moved", column=name)[0] for name in names]
    before = _indexes(su)
    for statement in [*_moves("moved", columns), *leaning]:
        su.execute(statement.encode())
    found = su.execute("SELECT * FROM moved ORDER BY id").fetchall()
    assert found == [(1, "long", 3, "open"), (2, None, None, "done")]
    assert _indexes(su) == before
    assert su.execute("INSERT INTO moved (id) VALUES (3) RETURNING status").fetchone() == ("open",)
    for wrong in ("status = NULL", "status = 'gone'", "size = 9", "size = 3 WHERE id > 1"):
        with pytest.raises(psycopg.IntegrityError), su.transaction():
            su.execute(f"UPDATE moved SET {wrong}".encode())


def _indexes(su: psycopg.Connection) -> list[Any]:
    sql = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'moved' ORDER BY 1"
    return su.execute(sql).fetchall()


@pytest.mark.django_db
def test_the_tables_have_what_the_models_name() -> None:
    lacking = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            meta = model._meta
            there = connection.introspection.get_constraints(cursor, meta.db_table)
            named = [one.name for one in (*meta.constraints, *meta.indexes)]
            lacking += [f"{meta.db_table}: {name}" for name in named if name not in there]
            columns = connection.introspection.get_table_description(cursor, meta.db_table)
            may_be_null = {column.name: column.null_ok for column in columns}
            lacking += [
                f"{meta.db_table}.{field.column}"
                for field in meta.local_concrete_fields
                if not field.generated and may_be_null[field.column] != field.null
            ]
    assert lacking == []
