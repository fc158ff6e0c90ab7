"""Excel files become one record a row of the first sheet, under the names of its first row."""

from typing import Any

from tenants.sources.readers.sheets import KIND_OF_FILE, open_sheets
from tenants.sources.readers.table_rows import records_of_rows

SUFFIXES = (".xlsx", ".xlsm")
KIND = "records"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def read(content: bytes) -> list[dict[str, Any]]:
    """Return the records of an Excel file. Raises Invalid for one that can't be read."""
    with open_sheets(content) as sheets:
        for _, rows in sheets:
            if found := records_of_rows(rows, KIND_OF_FILE):
                return found
    return []
