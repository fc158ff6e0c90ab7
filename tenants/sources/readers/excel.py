"""Excel files become passages of rows, headed by their sheet; each value has its column's name."""

from typing import Any

from tenants.sources.readers import Piece
from tenants.sources.readers.passages import split_section
from tenants.sources.readers.sheets import open_sheets

SUFFIXES = (".xlsx", ".xlsm")
KIND = "document"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def read(content: bytes) -> list[Piece]:
    """Return the passages of an Excel file. Raises Invalid for one that can't be read."""
    with open_sheets(content) as sheets:
        return [
            piece
            for title, rows in sheets
            for piece in split_section(title, "\n\n".join(_lines(rows)))
        ]


def _lines(rows: Any) -> list[str]:
    """Return a line a row. Below a row of names each value is told with its name."""
    names: list[str] = []
    lines = []
    for row in rows:
        cells = [_text(cell) for cell in row]
        if not any(cells):
            names = []
        elif not names and len([cell for cell in cells if cell]) > 1:
            # The first row of a table names its columns, if it is of words alone.
            is_named = all(isinstance(cell, str) for cell in row if cell is not None)
            names = cells if is_named else [""] * len(cells)
            lines.append(" | ".join(filter(None, cells)))
        else:
            lines.append(" | ".join(_named(names, cells)))
    return lines


def _named(names: list[str], cells: list[str]) -> list[str]:
    named = names + [""] * (len(cells) - len(names))
    return [
        f"{name}: {cell}" if name else cell
        for name, cell in zip(named, cells, strict=False)
        if cell
    ]


def _text(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
    return str(cell).strip()
