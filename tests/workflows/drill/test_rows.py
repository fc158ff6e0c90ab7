"""Rows are kept as JSON and counted."""

from workflows.drill.rows import DrillCount, DrillRow, RowStatus, count_rows


def row(status: RowStatus) -> DrillRow:
    return DrillRow("s", "model", "m", "refused", "what", "declared", "happened", status, True)


def test_a_row_is_kept_as_it_is() -> None:
    for status in RowStatus:
        assert DrillRow.from_json(row(status).as_json()) == row(status)
        assert status.label


def test_what_is_declared_counts_and_what_is_not_does_not() -> None:
    assert count_rows([row(status) for status in RowStatus]) == DrillCount(1, 3)
    assert str(DrillCount(1, 3)) == "1 of 3 fallbacks shown"
    assert str(DrillCount(1, 1)) == "1 of 1 fallback shown"
    assert str(count_rows([row(RowStatus.UNDECLARED)])) == "no fallbacks are declared"
