"""Statements in a client's Postgres: reads in a read-only transaction, writes all or nothing."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tenants.network import outbound
from workflows.exceptions.causes import Cause
from workflows.sql.results import LARGEST_ROW, changed_result, read_result
from workflows.sql.statements import (
    PostgresDatabase,
    StatementSettings,
    bare_statement,
    without_literals,
)
from workflows.tools import ToolFailed, ToolInDoubt

log = logging.getLogger(__name__)

Values = dict[str, str | int | bool | None]
Connection = psycopg.AsyncConnection[tuple[Any, ...]]

CONNECT_SECONDS = 5
MORE_SECONDS = 2.0  # for the answer of a statement that the server itself has stopped
TLS = {"verify": "verify-full", "require": "require", "off": "disable"}

LIMITS = """
SELECT set_config('statement_timeout', %(milliseconds)s, true),
    set_config('lock_timeout', %(milliseconds)s, true),
    set_config('standard_conforming_strings', 'on', true)
"""
"""Limits of a transaction: the server stops a statement that takes longer, or waits so long.

Texts end where they ended when the statement was checked, whatever the database has set.
"""

READ = """
SELECT left(to_json(one.*)::text, {largest}) FROM (
{statement}
) AS one LIMIT {most}
"""
"""Rows of a reading statement, each as JSON that the server cuts off: no cell fills the worker.

As json, which keeps two columns of one name, so that they are seen; and of the whole row, whatever
its columns are called.
"""

CHANGE = """
WITH one AS (
{statement}
) SELECT left(to_json(one.*)::text, {largest}), count(*) OVER () FROM one LIMIT {most}
"""
"""Rows that a writing statement returns, each as above, with their number."""

# Classes of SQLSTATE (Postgres, appendix A), and what they mean for a call that was rolled back.
CAUSES = {"22": Cause.DATA, "23": Cause.DATA, "28": Cause.KEY_REFUSED}
PASSING = frozenset({"08", "40", "53", "55", "57", "58"})  # another try may help
ENDING = frozenset({"FATAL", "PANIC"})  # severities with which a server ends the connection
TIMED_OUT = "57014"
READ_ONLY = "25006"


async def run_in_postgres(
    settings: StatementSettings, values: Values, password: str, *, acts: bool
) -> dict[str, Any]:
    """Run a statement and return its result.

    Raises ToolFailed where nothing was changed, ToolInDoubt where the answer to COMMIT was lost.
    """
    assert isinstance(settings.database, PostgresDatabase)
    is_committing = False
    try:
        async with (
            asyncio.timeout(CONNECT_SECONDS + settings.seconds + MORE_SECONDS),
            _connection(settings.database, password) as connection,
        ):
            await connection.set_read_only(not acts)
            milliseconds = {"milliseconds": str(round(settings.seconds * 1000))}
            await connection.execute(LIMITS, milliseconds)
            if not acts:
                return await _read(connection, settings, values)
            result = await _change(connection, settings, values)
            is_committing = True
            await connection.commit()
            return result
    except TimeoutError as error:
        raise _timed_out(is_committing=is_committing) from error
    except psycopg.Error as error:
        raise _failure(error, is_committing=is_committing) from error


@asynccontextmanager
async def _connection(database: PostgresDatabase, password: str) -> AsyncIterator[Connection]:
    """Connect to an address that was checked, and close without committing."""
    host, port = database.address
    try:
        found = await asyncio.to_thread(outbound.resolve, host, port)
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        connection = await psycopg.AsyncConnection.connect(
            host=",".join([host] * len(addresses)),
            hostaddr=",".join(addresses),
            port=port,
            dbname=database.name,
            user=database.user,
            password=password,
            sslmode=TLS[database.tls],
            sslrootcert="system" if database.tls == "verify" else "",
            gssencmode="disable",
            connect_timeout=CONNECT_SECONDS,
            application_name="handrail",
        )
    except outbound.AddressRefused as error:
        raise ToolFailed(str(error), cause=Cause.HOST) from error
    except psycopg.OperationalError as error:
        raise _not_connected(database, error) from error
    except OSError as error:
        said = f"No connection to {database.host}: {error.strerror or 'it is not known'}."
        raise ToolFailed(said, retryable=True) from error
    try:
        yield connection
    finally:
        await connection.close()


def _not_connected(database: PostgresDatabase, error: psycopg.Error) -> ToolFailed:
    log.warning("%s can't be connected to", database.host, exc_info=error)
    text = str(error)
    if (error.sqlstate or "").startswith("28") or "authentication" in text:
        said = f"{database.host} refused the user {database.user} or the password."
        return ToolFailed(said, cause=Cause.KEY_REFUSED)
    if "certificate" in text or "SSL" in text:
        said = f"{database.host} gives no TLS connection that can be trusted."
        return ToolFailed(said, cause=Cause.TOOL)
    if "does not exist" in text:
        said = f"{database.host} has no database {database.name}."
        return ToolFailed(said, cause=Cause.TOOL)
    return ToolFailed(f"No connection to {database.host}.", retryable=True)


async def _read(
    connection: Connection, settings: StatementSettings, values: Values
) -> dict[str, Any]:
    query = _wrapped(READ, settings, settings.rows + 1)
    # Prepared, the server takes one statement only, also where there are no values.
    cursor = await connection.execute(query, values, prepare=True)
    return read_result(settings, [row[0] for row in await cursor.fetchall()])


async def _change(
    connection: Connection, settings: StatementSettings, values: Values
) -> dict[str, Any]:
    if "returning" not in without_literals(settings.statement).lower().split():
        statement = bare_statement(settings.statement)
        cursor = await connection.execute(statement, values, prepare=True)
        return changed_result(settings, cursor.rowcount, [])
    query = _wrapped(CHANGE, settings, settings.changes)
    cursor = await connection.execute(query, values, prepare=True)
    rows = await cursor.fetchall()
    return changed_result(settings, rows[0][1] if rows else 0, [row[0] for row in rows])


def _wrapped(around: LiteralString, settings: StatementSettings, most: int) -> sql.Composed:
    statement = bare_statement(settings.statement)
    return sql.SQL(around).format(
        statement=sql.SQL(statement), largest=sql.Literal(LARGEST_ROW), most=sql.Literal(most)
    )


def _timed_out(*, is_committing: bool) -> ToolFailed | ToolInDoubt:
    if is_committing:
        return ToolInDoubt("The database did not say in time whether it kept it.", kind="timeout")
    return ToolFailed("The database did not answer in time.", retryable=True, kind="timeout")


def _failure(error: psycopg.Error, *, is_committing: bool) -> ToolFailed | ToolInDoubt:
    """Return the failure of a statement, which was rolled back unless it was being committed."""
    state = error.sqlstate or ""
    if not state:
        log.warning("the connection to a database broke off", exc_info=error)
        if is_committing:
            return ToolInDoubt("The connection broke off before it said whether it kept it.")
        if isinstance(error, psycopg.OperationalError):
            return ToolFailed("The connection to the database broke off.", retryable=True)
        return ToolFailed(f"This can't be sent: {_said(error)}", cause=Cause.DATA)
    # An error at COMMIT says that it was rolled back; the end of the connection does not.
    if is_committing and error.diag.severity_nonlocalized in ENDING:
        return ToolInDoubt("The database ended the connection before it said whether it kept it.")
    if state == TIMED_OUT:
        return ToolFailed("It took longer than it may.", retryable=True, kind="timeout")
    if state == READ_ONLY:
        said = "The statement wanted to change something, and this tool only reads."
        return ToolFailed(said, cause=Cause.TOOL)
    if state[:2] in PASSING:
        return ToolFailed(f"The database could not do it now: {_said(error)}", retryable=True)
    cause = CAUSES.get(state[:2], Cause.TOOL)
    return ToolFailed(f"The database refused it: {_said(error)}", cause=cause)


def _said(error: psycopg.Error) -> str:
    """Return what the server said, without the rows that it names after it."""
    said = error.diag.message_primary or str(error)
    return said[:200].rstrip(".") + "."
