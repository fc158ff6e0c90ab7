"""A shop's database with its orders, in Postgres and in SQLite, and statements sent to it."""

import asyncio
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests import servers
from tests.fakes.doors import allow
from workflows.sql import postgres, sqlite
from workflows.sql.statements import StatementSettings, parameter_values

PASSWORD = "sesame-open-1"
TABLES = """
CREATE TABLE orders (number text PRIMARY KEY, customer text NOT NULL, total integer NOT NULL);
CREATE TABLE refunds (id text PRIMARY KEY, number text NOT NULL REFERENCES orders, value integer);
INSERT INTO orders VALUES ('A-17', 'Mia Kern', 4820), ('A-18', 'Ruth Mori', 4200),
    ('B-1', 'Mia Kern', 100);
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop in Postgres: its address, its database, and a connection of its owner."""

    host: str
    name: str
    owner: psycopg.Connection[Any]

    @property
    def database(self) -> dict[str, Any]:
        """Settings that lead to it."""
        return {
            "kind": "postgres",
            "host": self.host,
            "name": self.name,
            "user": self.name,
            "password": "secret:shop-db",
            "tls": "off",
        }

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What is there now."""
        return self.owner.execute(query).fetchall()  # type: ignore[call-overload,no-any-return]


@contextmanager
def postgres_shop() -> Iterator[Shop]:
    """A database and a user of its own on the test server, gone afterwards."""
    name = f"{servers.database()}_shop"
    named = sql.Identifier(name)
    with psycopg.connect(servers.super_url("postgres"), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(named))
        server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(named))
        server.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(named, sql.Literal(PASSWORD))
        )
        server.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(named, named))
        address = urlsplit(servers.super_url(name))
        host = f"{address.hostname}:{address.port}"
        try:
            with psycopg.connect(servers.super_url(name), autocommit=True) as owner:
                owner.execute(sql.SQL("SET ROLE {}").format(named))
                owner.execute(TABLES)
                yield Shop(host, name, owner)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))
            server.execute(sql.SQL("DROP ROLE {}").format(named))


def sqlite_shop(folder: Path) -> str:
    """The path of the shop's file."""
    path = folder / "shop #1?.sqlite"
    with sqlite3.connect(path) as made:
        made.executescript(TABLES)
    made.close()
    return str(path)


def ask_postgres(
    shop: Shop, statement: str, *, acts: bool = False, password: str = PASSWORD, **more: Any
) -> dict[str, Any]:
    """Run a statement with these arguments, and the settings of ``more`` that it has.

    Nobody checked the statement: what the check refuses the database must not do either.
    """
    allow(shop.host)
    known = {name: more.pop(name) for name in ("rows", "changes", "seconds") if name in more}
    database = shop.database | more.pop("database", {})
    given = {"database": database, "statement": statement} | known
    settings = StatementSettings.model_validate(given)
    values = parameter_values(statement, more, "the-key")
    # In a thread: a browser's test may have left a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        running = postgres.run_in_postgres(settings, values, password, acts=acts)
        return pool.submit(asyncio.run, running).result()


def ask_sqlite(path: str, statement: str, *, acts: bool = False, **more: Any) -> dict[str, Any]:
    """The same in SQLite."""
    known = {name: more.pop(name) for name in ("rows", "changes", "seconds") if name in more}
    database = {"kind": "sqlite", "name": "shop"}
    given = {"database": database, "statement": statement} | known
    settings = StatementSettings.model_validate(given)
    values = parameter_values(statement, more, "the-key")
    return sqlite.run_in_sqlite(path, settings, values, acts=acts)
