"""Parquet files become records as JSON can hold them."""

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from tenants.errors import Invalid
from tenants.sources.readers import reader_for
from tenants.sources.readers.table_rows import MOST_RECORDS
from tenants.sources.reading_apart import read_apart


def file_of(columns: dict[str, Any]) -> bytes:
    made = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), made)
    return made.getvalue()


def read(content: bytes) -> list:
    return read_apart(reader_for("a.parquet", "records"), content)


def test_each_row_is_a_record_of_plain_values() -> None:
    content = file_of(
        {
            "order_id": ["1", "2"],
            "total": [Decimal("48.20"), None],
            "rate": [0.5, float("nan")],
            "on": [date(2026, 3, 1), None],
            "at": [datetime(2026, 3, 1, 9, 30), None],
            "tags": [["a", "b"], []],
            "picture": [b"\x89PNG", None],
            "note": ["nul\x00byte", None],
        }
    )
    assert read(content) == [
        {
            "order_id": "1",
            "total": "48.20",
            "rate": 0.5,
            "on": "2026-03-01",
            "at": "2026-03-01T09:30:00",
            "tags": ["a", "b"],
            "picture": None,
            "note": "nulbyte",
        },
        {
            "order_id": "2",
            "total": None,
            "rate": None,
            "on": None,
            "at": None,
            "tags": [],
            "picture": None,
            "note": None,
        },
    ]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"just text", b"PAR1" + b"\xff" * 50 + b"PAR1"])
def test_what_is_no_parquet_file_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match="no Parquet file, though its name ends so"):
        read(content)


def test_more_records_than_a_source_holds_are_refused_unread() -> None:
    with pytest.raises(Invalid, match="50,001 records; 50,000 fit"):
        read(file_of({"id": range(MOST_RECORDS)}))


def test_small_bytes_that_unpack_to_much_are_refused_unread() -> None:
    """G8"""
    content = file_of({"id": list(range(49_000)), "text": ["x" * 5_000] * 49_000})
    assert len(content) < 2 << 20
    with pytest.raises(Invalid, match=r"unpacks to more than 200 MB|too much time or memory"):
        read(content)
