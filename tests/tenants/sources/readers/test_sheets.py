"""Excel files are read as people see them, as text and as records."""

import io
from datetime import date, datetime

from openpyxl import load_workbook

from tenants.sources.readers import Piece, reader_for
from tenants.sources.reading_apart import read_apart
from tests.tenants.sources.office_kit import excel


def read(filename: str, content: bytes, kind: str = "document") -> list:
    return read_apart(reader_for(filename, kind), content)


def test_an_excel_file_tells_each_value_with_the_name_of_its_column() -> None:
    rows = [
        ["SKU", "Price", "Discount", "From", "Sold"],
        ["LAMP-1", 48.2, 0.15, date(2026, 3, 1), True],
        ["STOOL", 99.0, None, datetime(2026, 3, 1, 9, 30), False],
    ]
    zones = [["Shipping zones"], [], ["Zone", "Days"], ["EU", 4], ["Switzerland", 7]]
    content = excel({"Prices": rows, "Zones": zones}, {"C2": "0%"})
    assert read("a.xlsx", content) == [
        Piece(
            "Prices",
            "SKU | Price | Discount | From | Sold\n"
            "SKU: LAMP-1 | Price: 48.2 | Discount: 15 % | From: 2026-03-01 | Sold: yes\n"
            "SKU: STOOL | Price: 99 | From: 2026-03-01 09:30 | Sold: no",
        ),
        Piece(
            "Zones", "Shipping zones\nZone | Days\nZone: EU | Days: 4\nZone: Switzerland | Days: 7"
        ),
    ]


def test_the_first_sheet_of_an_excel_file_becomes_records() -> None:
    rows = [[], ["order_id", "total", "on"], [10412, 48.2, date(2026, 3, 1)], ["A-7", 12.0, None]]
    content = excel({"Orders": rows, "Notes": [["not", "read"]]})
    assert read("a.xlsx", content, "records") == [
        {"order_id": 10412, "total": 48.2, "on": "2026-03-01"},
        {"order_id": "A-7", "total": 12, "on": None},
    ]


def test_a_percentage_keeps_its_figures() -> None:
    content = excel({"Rates": [["a", "b"], [0.1234567, 12345.678]]}, {"A2": "0.0%", "B2": "0%"})
    assert read("a.xlsx", content, "records") == [{"a": "12.34567 %", "b": "1234567.8 %"}]


def test_a_sheet_that_is_hidden_is_not_read() -> None:
    held = io.BytesIO(excel({"Prices": [["A", "B"], [1, 2]], "Costs": [["Secret", "x"]]}))
    book = load_workbook(held)
    book["Costs"].sheet_state = "hidden"
    made = io.BytesIO()
    book.save(made)
    assert "Secret" not in str(read("a.xlsx", made.getvalue()))
