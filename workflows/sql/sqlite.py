"""Statements in SQLite files that the deployment keeps for a client."""

import json
import math
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from time import monotonic
from typing import Any

from django.conf import settings as deployment

from tenants.errors import Invalid
from tenants.models import Tenant
from workflows.exceptions.causes import Cause
from workflows.sql.results import (
    LARGEST_RESULT,
    LARGEST_ROW,
    changed_result,
    check_names,
    read_result,
)
from workflows.sql.statements import PARAMETER, SqliteDatabase, StatementSettings, bare_statement
from workflows.tools import ToolFailed

STEPS_BETWEEN_CHECKS = 10_000  # of SQLite's virtual machine
READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
WRITING = READING | {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
# Functions that reach beyond the rows, or make a value of any size out of nothing.
FUNCTIONS_REFUSED = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}


def file_of(database: SqliteDatabase, tenant: Tenant) -> str:
    """Return the path of a client's file. Raises Invalid for one the deployment does not name."""
    path = deployment.SQLITE_FILES.get(f"{tenant.slug}/{database.name}")
    if path is None:
        said = f"There is no SQLite file {database.name} for this client. "
        raise Invalid(
            f"{said}The deployment names it in HANDRAIL_SQLITE_FILES as "
            f"{tenant.slug}/{database.name}=path.",
            code="no_database",
        )
    return str(path)


def run_in_sqlite(
    path: str, settings: StatementSettings, values: dict[str, Any], *, acts: bool
) -> dict[str, Any]:
    """Run a statement and return its result; it blocks its thread.

    Raises ToolFailed where nothing was changed. A commit is on the disk or not: it is never in
    doubt.
    """
    mode = "rw" if acts else "ro"
    uri = f"file:{_quoted(path)}?mode={mode}"
    try:
        # A transaction is open from the start: otherwise SQLite's module begins one only before a
        # statement whose first word changes rows, and commits one that begins with WITH at once.
        opened = sqlite3.connect(uri, uri=True, timeout=settings.seconds, autocommit=False)
        with closing(opened) as connection:
            _limit(connection, settings, acts=acts)
            return _run(connection, settings, values, acts=acts)
    except sqlite3.Error as error:
        raise _failure(error) from error


def _limit(connection: sqlite3.Connection, settings: StatementSettings, *, acts: bool) -> None:
    """Let a statement take no longer, and touch nothing else, than it may."""
    until = monotonic() + settings.seconds
    connection.set_progress_handler(lambda: monotonic() > until, STEPS_BETWEEN_CHECKS)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_ROW * 4)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    allowed = WRITING if acts else READING

    def is_allowed(action: int, first: str | None, second: str | None, *_: Any) -> int:
        if action == sqlite3.SQLITE_FUNCTION:
            is_fine = (second or "").lower() not in FUNCTIONS_REFUSED
        else:
            is_fine = action in allowed or action == sqlite3.SQLITE_TRANSACTION
        return sqlite3.SQLITE_OK if is_fine else sqlite3.SQLITE_DENY

    connection.set_authorizer(is_allowed)


def _run(
    connection: sqlite3.Connection,
    settings: StatementSettings,
    values: dict[str, Any],
    *,
    acts: bool,
) -> dict[str, Any]:
    statement = _as_sqlite(bare_statement(settings.statement))
    given = {_named(name): value for name, value in values.items()}
    connection.row_factory = sqlite3.Row
    connection.text_factory = _as_text
    cursor = connection.execute(statement, given)
    if not acts:
        return read_result(settings, _first_rows(cursor, settings.rows + 1))
    rows = _first_rows(cursor, settings.changes)
    for _ in cursor:  # its changes are counted once it has returned all of its rows
        pass
    # ``rowcount`` counts those of a statement that begins with INSERT, UPDATE or DELETE alone.
    [changed] = connection.execute("SELECT changes()").fetchone()
    result = changed_result(settings, changed, rows)
    connection.commit()
    return result


def _first_rows(found: Iterable[sqlite3.Row], most: int) -> list[str]:
    """Return the first rows as JSON, each cut off where it is too large; no more than are kept."""
    rows: list[str] = []
    size = 0
    for row in found:
        rows.append(_row(row)[:LARGEST_ROW])
        size += len(rows[-1])
        if len(rows) == most or size > LARGEST_RESULT:
            break
    return rows


def _as_sqlite(statement: str) -> str:
    """Return a statement with its parameters as SQLite has them."""
    return PARAMETER.sub(lambda found: f":{_named(found[1])}", statement).replace("%%", "%")


def _named(name: str) -> str:
    return name.replace(".", "__")


def _row(row: sqlite3.Row) -> str:
    names = row.keys()
    check_names(names)
    # By place: by name a row takes A for a.
    values = {name: _plain(value) for name, value in zip(names, row, strict=True)}
    return json.dumps(values, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and math.isinf(value):  # SQLite keeps NaN as NULL
        return "Infinity" if value > 0 else "-Infinity"
    return f"{len(value):,} bytes" if isinstance(value, bytes) else value


def _as_text(value: bytes) -> str:
    """Return a text of any bytes as our database can keep it."""
    return value.decode(errors="replace").replace("\x00", "\ufffd")


def _quoted(path: str) -> str:
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _failure(error: sqlite3.Error) -> ToolFailed:
    said = f"The database refused it: {str(error)[:200].rstrip('.')}."
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_INTERRUPT":
        return ToolFailed("It took longer than it may.", retryable=True, kind="timeout")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return ToolFailed("The file is in use.", retryable=True)
    if name.startswith(("SQLITE_READONLY", "SQLITE_AUTH")):
        said = "The statement wants more than this tool may: one that reads changes nothing."
        return ToolFailed(said, cause=Cause.TOOL)
    is_data = name.startswith(("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG"))
    return ToolFailed(said, cause=Cause.DATA if is_data else Cause.TOOL)
