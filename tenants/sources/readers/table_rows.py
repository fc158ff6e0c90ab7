"""Rows of a table become records, under the names of its first row. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from tenants.sources.readers.refusals import unreadable_file
from tenants.text.plain_text import as_key, is_blank

MOST_COLUMNS = 500
MOST_RECORDS = 50_001  # one more than allowed, so that the limit is reported


def records_of_rows(rows: Iterable[list[Any]], kind: str) -> list[dict[str, Any]]:
    """Return the records of rows whose first one that is not empty holds the names.

    ``kind`` names the file for people, such as "CSV". Raises Invalid for a ragged table, a name
    twice, and a filled column without a name.
    """
    numbered = _filled(rows)
    _, header = next(numbered, (0, []))
    names = [as_key("" if name is None else str(name)) for name in header]
    if len(names) > MOST_COLUMNS:
        raise unreadable_file(
            f"The {kind} has more than {MOST_COLUMNS} columns. Leave out what is not needed."
        )
    _check_twice(names, kind)
    unnamed = [place for place, name in enumerate(names) if not name]
    last = max((place for place, name in enumerate(names) if name), default=-1) + 1
    found: list[dict[str, Any]] = []
    for number, row in numbered:
        if any(not _is_empty(cell) for place in unnamed for cell in row[place : place + 1]):
            raise unreadable_file(f"The {kind}'s header has a column without a name.")
        if len(row) < last or not all(map(_is_empty, row[len(names) :])):
            raise unreadable_file(
                f"Row {number} has not as many fields as the header. Mend the row and try again.",
                row=number,
            )
        found.append({name: cell for name, cell in zip(names, row, strict=False) if name})
        if len(found) == MOST_RECORDS:
            break
    return found


def _filled(rows: Iterable[list[Any]]) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows that are not empty, each with its number in the file."""
    for number, row in enumerate(rows, 1):
        if not all(map(_is_empty, row)):
            yield number, row


def _is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and is_blank(cell))


def _check_twice(names: list[str], kind: str) -> None:
    """Raise Invalid for a doubled column name, as one column would silently replace the other."""
    seen: set[str] = set()
    for name in names:
        if name and name in seen:
            raise unreadable_file(f"The {kind}'s header has the column {name[:80]} twice.")
        seen.add(name)
