"""Results of a statement as they are kept: the rows read, or the number of rows changed. Pure."""

from collections.abc import Sequence
from typing import Any

from workflows.exceptions.causes import Cause
from workflows.sql.statements import StatementSettings
from workflows.tools import ToolFailed, bodies

LARGEST_ROW = 64 * 1024  # characters of a row as JSON
LARGEST_RESULT = 512 * 1024  # characters of all rows


def read_result(settings: StatementSettings, rows: Sequence[str]) -> dict[str, Any]:
    """Return the result of a reading statement, each row given as the text of a JSON object.

    ``more`` says that there were more rows than it may answer. Raises ToolFailed for a row that is
    too large.
    """
    kept, size = [], 0
    for row in rows[: settings.rows]:
        size += len(row)
        if size > LARGEST_RESULT:
            break
        kept.append(_row(row))
    return {"rows": kept, "more": len(rows) > len(kept)}


def changed_result(
    settings: StatementSettings, changed: int, rows: Sequence[str]
) -> dict[str, Any]:
    """Return the result of a writing statement, before it is committed.

    Raises ToolFailed where it changed another number of rows than it is declared to, and where it
    returns too much.
    """
    if changed != settings.changes:
        said = f"It would have changed {_counted(changed)}, and is declared to change "
        raise ToolFailed(
            f"{said}{_counted(settings.changes)}. Nothing was changed.", cause=Cause.DATA
        )
    if sum(map(len, rows)) > LARGEST_RESULT:
        said = f"It returns more than {LARGEST_RESULT >> 10} kB. Return fewer columns."
        raise ToolFailed(f"{said} Nothing was changed.", cause=Cause.TOOL)
    return {"changed": changed} | ({"rows": [_row(row) for row in rows]} if rows else {})


def _row(text: str) -> Any:
    if len(text) >= LARGEST_ROW:
        said = f"A row has more than {LARGEST_ROW >> 10} kB. Choose fewer columns."
        raise ToolFailed(said, cause=Cause.TOOL)
    return bodies.decode_body("application/json", text.encode())


def _counted(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"
