"""Cells of Excel files as people see them, by the library openpyxl."""

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

from tenants.sources.readers import storable_text
from tenants.sources.readers.archives import check_archive
from tenants.sources.readers.refusals import not_of_its_kind

KIND_OF_FILE = "Excel file"
Sheet = tuple[str, Iterator[list[Any]]]


@contextmanager
def open_sheets(content: bytes) -> Iterator[Iterator[Sheet]]:
    """Yield the visible sheets, each with its title and its rows, which are read as they are asked.

    Raises Invalid for what is no Excel file.
    """
    check_archive(content, KIND_OF_FILE)
    from openpyxl import load_workbook

    try:
        # Values as they were when the file was saved, not formulas.
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # a damaged file breaks the parser in many ways
        raise not_of_its_kind(KIND_OF_FILE, content) from error
    shown = (sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
    yield ((sheet.title, _rows(sheet, content)) for sheet in shown)


def _rows(sheet: Any, content: bytes) -> Iterator[list[Any]]:
    # The size that a file states of a sheet may be wrong; without it the rows tell.
    sheet.reset_dimensions()
    width = 0
    try:
        for row in sheet.iter_rows():
            # A file leaves out the empty cells at the end of a row.
            width = max(width, len(row))
            yield [_shown(cell) for cell in row] + [None] * (width - len(row))
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        raise not_of_its_kind(KIND_OF_FILE, content) from error


def _shown(cell: Any) -> Any:
    """Return a cell's value: a number, a yes or no, a text, or None. Days are as 2026-03-01."""
    value = cell.value
    match value:
        case None | bool():
            return value
        case int() | float():
            if not math.isfinite(value):
                return None
            if "%" in (cell.number_format or ""):
                return f"{value * 100:.8f}".rstrip("0").rstrip(".") + " %"
            return int(value) if isinstance(value, float) and value.is_integer() else value
        case datetime():
            is_day = value.time() == time(0)
            return value.date().isoformat() if is_day else value.isoformat(" ", "minutes")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
    return storable_text(str(value))
