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
    for number, record in enumerate(records, 2):
        if None in record or None in record.values():
            raise Invalid(
                f"Row {number} has not as many fields as the header. Mend the row and try again.",
                code="unreadable_source",
                row=number,
            )
    return records
