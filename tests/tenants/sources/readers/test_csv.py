"""CSV files are read as spreadsheets write them."""

import time
from contextlib import suppress

import pytest

from tenants.errors import Invalid
from tenants.sources.readers import reader_for


def read(filename: str, content: bytes, kind: str = "document") -> list:
    return reader_for(filename, kind).read(content)


def test_csv_gives_a_record_a_row() -> None:
    content = '\ufefforder_id,note\r\n1,"two\r\nlines"\r\n2,ünï\r\n'.encode()
    assert read("o.csv", content, "records") == [
        {"order_id": "1", "note": "two\r\nlines"},
        {"order_id": "2", "note": "ünï"},
    ]


ONE = [{"order_id": "10412", "sum": "48,20"}]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("order_id;sum\r\n10412;48,20\r\n", ONE),
        ("order_id\tsum\n10412\t48,20\n", ONE),
        ("order_id|sum\n10412|48,20\n", ONE),
        ("sep=;\r\norder_id;sum\r\n10412;48,20\r\n", ONE),
        ('"order_id";"a, b, c"\n10412;x\n', [{"order_id": "10412", "a, b, c": "x"}]),
        ('order_id,"x;y;z"\n1,2\n', [{"order_id": "1", "x;y;z": "2"}]),
        ("order_id,sum\n10412,\"48,20\"\n,\n\n,,,\n", ONE),
        (";;\norder_id;sum;;\n;;;\n10412;48,20;;\n", ONE),
        ("\u200border_id\u00a0, sum \n10412, \"48,20\"\n", ONE),
        ("order_id\n10412\n", [{"order_id": "10412"}]),
        ('id,size\n1,5" pipe\n', [{"id": "1", "size": '5" pipe'}]),
        ("id,size\r1,x\r", [{"id": "1", "size": "x"}]),
        ("Bu\u0308hne,n\nA\u0308,1\n", [{"Bühne": "Ä", "n": "1"}]),
    ],
)  # fmt: skip
def test_a_csv_is_read_as_spreadsheets_write_it(content: str, wanted: list) -> None:
    assert read("o.csv", content.encode(), "records") == wanted


@pytest.mark.parametrize("unit", ['"', ',"', ";", "sep=", '";"', "\n,", "a\u0301"])
def test_a_csv_takes_time_in_proportion_to_its_size(unit: str) -> None:
    """G8"""
    began = time.thread_time()
    with suppress(Invalid):
        read("a.csv", (unit * (1_000_000 // len(unit))).encode(), "records")
    assert time.thread_time() - began < 3


def test_a_table_of_excel_in_german_is_read_as_it_stands() -> None:
    """UTF-16 with a line that names the separator, and numbers with a decimal comma."""
    text = "sep=;\r\norder_id;Betrag;am\r\n10412;1.234,56;14.11.2026\r\n"
    for encoding in ("utf-16", "utf-8-sig"):
        assert read("a.csv", text.encode(encoding), "records") == [
            {"order_id": "10412", "Betrag": "1.234,56", "am": "14.11.2026"}
        ]
