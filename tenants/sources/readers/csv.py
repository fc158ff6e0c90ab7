"""CSV: a record a row, under the header's names."""

import csv
import io
from itertools import islice
from typing import Any

from tenants.errors import Invalid
from tenants.sources.readers import decode

SUFFIXES = (".csv",)
KIND = "records"
MEDIA_TYPE = "text/csv"
MOST_COLUMNS = 500
MOST_RECORDS = 50_001  # one more than is taken, so that it is said


def read(content: bytes) -> list[dict[str, Any]]:
    """Records of a CSV file with a header row. Raises Invalid for a ragged one."""
    rows = csv.DictReader(io.StringIO(decode(content), newline=""), strict=True)
    try:
        names = list(rows.fieldnames or [])
        if len(names) > MOST_COLUMNS:
            raise Invalid(
                f"The CSV has more than {MOST_COLUMNS} columns. Leave out what is not needed.",
                code="unreadable_source",
            )
        _check_header(names)
        records = list(islice(rows, MOST_RECORDS))
    except csv.Error as error:
        raise Invalid(
            f"The CSV breaks off near line {rows.line_num}: {error}.", code="unreadable_source"
        ) from error
    for number, record in enumerate(records, 2):
        if None in record or None in record.values():
            raise Invalid(
                f"Row {number} has not as many fields as the header. Mend the row and try again.",
                code="unreadable_source",
                row=number,
            )
    return records


def _check_header(names: list[str]) -> None:
    """A column without a name, or one hiding another, would be lost without a word."""
    seen: set[str] = set()
    for name in names:
        if not name.strip() or name in seen:
            said = f"the column {name[:80]} twice" if name.strip() else "a column without a name"
            raise Invalid(f"The CSV's header has {said}.", code="unreadable_source")
        seen.add(name)
