"""Results of a statement as they are kept: the rows read, or the number of rows changed. Pure."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from workflows.exceptions.causes import Cause
from workflows.sql.statements import StatementSettings
from workflows.tools import ToolFailed, bodies

LARGEST_ROW = 64 * 1024  # characters of a row as JSON
LARGEST_RESULT = 512 * 1024  # characters of all rows


def read_result(settings: StatementSettings, rows: Sequence[str]) -> dict[str, Any]:
    """Return the result of a reading statement, each row given as the text of a JSON object.

    ``more`` says that there were more rows than it may answer. Raises ToolFailed for a row that is
    too large, and for one with two columns of one name.
    """
    _check_columns(rows)
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
    returns too much, or two columns of one name.
    """
    _check_columns(rows)
    if changed != settings.changes:
        said = f"It would have changed {_counted(changed)}, and is declared to change "
        raise ToolFailed(
            f"{said}{_counted(settings.changes)}. Nothing was changed.", cause=Cause.DATA
        )
    if sum(map(len, rows)) > LARGEST_RESULT:
        said = f"It returns more than {LARGEST_RESULT >> 10} kB. Return fewer columns."
        raise ToolFailed(f"{said} Nothing was changed.", cause=Cause.TOOL)
    return {"changed": changed} | ({"rows": [_row(row) for row in rows]} if rows else {})


def check_names(names: Iterable[str]) -> None:
    """Raise ToolFailed for two columns of one name, of which an object would keep only one."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            said = f"Two of its columns are called {name[:60]}. Name them apart with AS."
            raise ToolFailed(said, cause=Cause.TOOL)
        seen.add(name)


def _check_columns(rows: Sequence[str]) -> None:
    """Check the names in the first row, which all the others have too."""
    last: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        last[:] = [name for name, _ in pairs]  # the outermost object is read last

    try:
        json.loads(rows[0] if rows else "{}", object_pairs_hook=note)
    except (ValueError, RecursionError):
        return  # a row that is cut off, which is refused as too large
    check_names(last)


def _row(text: str) -> Any:
    if len(text) >= LARGEST_ROW:
        said = f"A row has more than {LARGEST_ROW >> 10} kB. Choose fewer columns."
        raise ToolFailed(said, cause=Cause.TOOL)
    return bodies.decode_body("application/json", text.encode())


def _counted(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"
