"""CSV: a record a row, under the header's names."""

import csv
import io
from typing import Any

from tenants.errors import Invalid
from tenants.sources.readers import decode

SUFFIXES = (".csv",)
KIND = "records"
MEDIA_TYPE = "text/csv"


def read(content: bytes) -> list[dict[str, Any]]:
    """Records of a CSV file with a header row. Raises Invalid for a ragged one."""
    rows = csv.DictReader(io.StringIO(decode(content), newline=""), strict=True)
    try:
        records = list(rows)
    except csv.Error as error:
        raise Invalid(
            f"The CSV breaks off near line {rows.line_num}: {error}.", code="unreadable_source"
        ) from error
    _check_header(list(rows.fieldnames or []))
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
    for name in names:
        if not name.strip() or names.count(name) > 1:
            said = f"the column {name} twice" if name.strip() else "a column without a name"
            raise Invalid(f"The CSV's header has {said}.", code="unreadable_source")
