"""Rows of a table become records, or are refused with the place."""

from typing import Any

import pytest

from tenants.errors import Invalid
from tenants.sources.readers.table_rows import MOST_COLUMNS, records_of_rows


def test_empty_rows_and_columns_are_left_out() -> None:
    rows: list[list[Any]] = [[None, " "], ["a", None, "b"], [], [1, None, 0], ["x", "", False]]
    assert records_of_rows(rows, "table") == [{"a": 1, "b": 0}, {"a": "x", "b": False}]
    assert records_of_rows([], "table") == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["a", "b"], [1]], "Row 2 has not as many fields"),
        ([["a"], [1, 2]], "Row 2 has not as many fields"),
        ([["a", None], [1, 2]], "column without a name"),
        ([["a", " a "], [1, 2]], "column a twice"),
        ([[str(n) for n in range(MOST_COLUMNS + 1)]], "more than 500 columns"),
    ],
)
def test_a_ragged_table_is_refused(rows: list[list[Any]], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        records_of_rows(rows, "table")
