"""CSV files become one record a row, under the names of the header.

Spreadsheets separate by commas, semicolons or tabs, and write separators for empty rows and
columns. The header tells the separator; empty rows and columns are left out.
"""

import csv
import io
import re
from typing import Any

from tenants.sources.readers import decode
from tenants.sources.readers.refusals import unreadable_file
from tenants.sources.readers.table_rows import records_of_rows

SUFFIXES = (".csv", ".tsv")
KIND = "records"
MEDIA_TYPE = "text/csv"
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
        raise unreadable_file(
            "The CSV's first line names a separator that can't be one."
        ) from error
    try:
        return records_of_rows(rows, "CSV")
    except csv.Error as error:
        raise unreadable_file(f"The CSV breaks off near line {rows.line_num}: {error}.") from error


def _separator(text: str) -> str:
    """Return the separator of the header's names."""
    head = text[:LONGEST_HEADER].lstrip()
    line = QUOTED.sub("", head).partition("\n")[0].partition("\r")[0]
    return max(SEPARATORS, key=line.count)
