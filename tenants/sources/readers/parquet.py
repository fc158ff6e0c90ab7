"""Parquet files become one record a row, by the library pyarrow."""

import io
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tenants.sources.readers import storable_text
from tenants.sources.readers.progress import tell
from tenants.sources.readers.refusals import not_of_its_kind, unreadable_file
from tenants.sources.readers.table_rows import MOST_COLUMNS, MOST_RECORDS

SUFFIXES = (".parquet",)
KIND = "records"
MEDIA_TYPE = "application/vnd.apache.parquet"
LARGEST_UNPACKED = 200 * 1024 * 1024  # bytes
BATCH = 1000


def read(content: bytes) -> list[dict[str, Any]]:
    """Return the records of a Parquet file. Raises Invalid for one that can't be read."""
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(io.BytesIO(content))
        about = file.metadata
        groups = [about.row_group(n).total_byte_size for n in range(about.num_row_groups)]
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        raise not_of_its_kind("Parquet file", content) from error
    _check_size(about.num_columns, about.num_rows, sum(groups))
    found: list[dict[str, Any]] = []
    try:
        for batch in file.iter_batches(BATCH):
            found += [
                {storable_text(k): _kept(v) for k, v in row.items()} for row in batch.to_pylist()
            ]
            tell(len(found), about.num_rows)
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        raise not_of_its_kind("Parquet file", content) from error
    return found


def _check_size(columns: int, rows: int, size: int) -> None:
    if columns > MOST_COLUMNS:
        raise unreadable_file(
            f"The Parquet file has more than {MOST_COLUMNS} columns. Leave out what is not needed."
        )
    if rows >= MOST_RECORDS:
        raise unreadable_file(
            f"The Parquet file holds {rows:,} records; {MOST_RECORDS - 1:,} fit in a source. "
            "Split it."
        )
    if size > LARGEST_UNPACKED:
        raise unreadable_file(
            f"The Parquet file unpacks to more than {LARGEST_UNPACKED >> 20} MB. Split it."
        )


def _kept(value: Any) -> Any:
    """Return a value as JSON can hold it: days as 2026-03-01, exact decimals as text."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal() | timedelta():
            return str(value)
        case bytes():
            return None  # a picture or a file, which no workflow reads
        case list():
            return [_kept(item) for item in value]
        case dict():
            return {storable_text(str(name)): _kept(item) for name, item in value.items()}
    return storable_text(str(value))
