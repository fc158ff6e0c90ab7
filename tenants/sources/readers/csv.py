"""CSV files become one record a row, under the names of the header.

Spreadsheets separate by commas, semicolons or tabs, and write separators for empty rows and
columns. The header tells the separator; empty rows and columns are left out.
"""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from tenants.errors import Invalid
from tenants.sources.readers import decode
from tenants.text.plain_text import as_key, is_blank

SUFFIXES = (".csv",)
KIND = "records"
MEDIA_TYPE = "text/csv"
MOST_COLUMNS = 500
MOST_RECORDS = 50_001  # one more than allowed, so that the limit is reported
LONGEST_HEADER = 50_000  # characters searched for the separator
SEPARATORS = (",", ";", "\t", "|")
QUOTED = re.compile(r'"[^"]*+"')
SAID = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)  # Excel's own first line


def read(content: bytes) -> list[dict[str, Any]]:
    """Return the records of a CSV file with a header row. Raises Invalid for a ragged one."""
    text = decode(content)
    said = SAID.match(text)
    separator = said[1] if said else _separator(text)
    text = text[said.end() :] if said else text
    lines = io.StringIO(text, newline="")
    try:
        rows = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)
    except (TypeError, ValueError) as error:  # a character that csv takes for no separator
        raise _refused("The CSV's first line names a separator that can't be one.") from error
    try:
        return _records(_filled(rows))
    except csv.Error as error:
        raise _refused(f"The CSV breaks off near line {rows.line_num}: {error}.") from error


def _separator(text: str) -> str:
    """Return the separator of the header's names."""
    head = text[:LONGEST_HEADER].lstrip()
    line = QUOTED.sub("", head).partition("\n")[0].partition("\r")[0]
    return max(SEPARATORS, key=line.count)


def _filled(rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with its number in the file."""
    for number, row in enumerate(rows, 1):
        if not all(map(is_blank, row)):
            yield number, row


def _records(rows: Iterator[tuple[int, list[str]]]) -> list[dict[str, Any]]:
    _, header = next(rows, (0, []))
    names = [as_key(name) for name in header]
    if len(names) > MOST_COLUMNS:
        raise _refused(
            f"The CSV has more than {MOST_COLUMNS} columns. Leave out what is not needed."
        )
    _check_twice(names)
    unnamed = [place for place, name in enumerate(names) if not name]
    last = max((place for place, name in enumerate(names) if name), default=-1) + 1
    found: list[dict[str, Any]] = []
    for number, row in rows:
        if any(not is_blank(cell) for place in unnamed for cell in row[place : place + 1]):
            raise _refused("The CSV's header has a column without a name.")
        if len(row) < last or not all(map(is_blank, row[len(names) :])):
            raise _refused(
                f"Row {number} has not as many fields as the header. Mend the row and try again.",
                row=number,
            )
        found.append({name: cell for name, cell in zip(names, row, strict=False) if name})
        if len(found) == MOST_RECORDS:
            break
    return found


def _check_twice(names: list[str]) -> None:
    """Raise Invalid for a doubled column name, as one column would silently replace the other."""
    seen: set[str] = set()
    for name in names:
        if name and name in seen:
            raise _refused(f"The CSV's header has the column {name[:80]} twice.")
        seen.add(name)


def _refused(message: str, **data: int) -> Invalid:
    return Invalid(message, code="unreadable_source", **data)
