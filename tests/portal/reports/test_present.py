"""Figures of a report as its page shows them."""

from portal.reports.present import _percents


def test_percents_add_up_and_show_what_is_there() -> None:
    assert sum(_percents([1, 1, 1, 0])) == 100
    assert _percents([999, 1, 0, 0]) == [99, 1, 0, 0]
    assert _percents([0, 0, 0, 0]) == [0, 0, 0, 0]
