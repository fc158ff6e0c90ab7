"""Results of statements: rows up to a bound, and changes only as many as declared."""

import json

import pytest

from tests.workflows.sql.test_statements import settings
from workflows.sql.results import LARGEST_RESULT, LARGEST_ROW, changed_result, read_result
from workflows.sql.statements import statement_settings
from workflows.tools import ToolFailed

SETTINGS = statement_settings(settings(rows=200))


def test_rows_beyond_the_size_of_an_answer_are_left_out() -> None:
    row = json.dumps({"text": "x" * (LARGEST_ROW - 100)})
    found = read_result(SETTINGS, [row] * 100)
    assert len(found["rows"]) == LARGEST_RESULT // len(row)
    assert found["more"] is True


def test_a_row_that_was_cut_off_is_refused() -> None:
    with pytest.raises(ToolFailed, match="Choose fewer columns"):
        read_result(SETTINGS, ["x" * LARGEST_ROW])


def test_a_change_is_counted() -> None:
    assert changed_result(SETTINGS, 1, ['{"a": 1}']) == {"changed": 1, "rows": [{"a": 1}]}
    with pytest.raises(ToolFailed, match="It would have changed 2 rows"):
        changed_result(SETTINGS, 2, [])
