"""Figures of a report as its page shows them."""

from typing import Any

import pytest

from portal.links import Links
from portal.reports.present import _bar, _card, _percents


def test_percents_add_up_and_show_what_is_there() -> None:
    assert sum(_percents([1, 1, 1, 0])) == 100
    assert _percents([999, 1, 0, 0]) == [99, 1, 0, 0]
    assert _percents([0, 0, 0, 0]) == [0, 0, 0, 0]


LINKS = Links("/t/harbor-pine/")


@pytest.mark.parametrize(
    ("counts", "percents"),
    [
        ([1, 0, 0, 0], [100, 0, 0, 0]),
        ([1, 1, 1, 0], [34, 33, 33, 0]),
        ([997, 1, 1, 1], [97, 1, 1, 1]),
        ([0, 1, 2, 0], [0, 33, 67, 0]),
    ],
)
def test_the_largest_part_takes_what_rounding_leaves(
    counts: list[int], percents: list[int]
) -> None:
    assert _percents(counts) == percents


def bar(accepted: int, corrected: int, rejected: int, *, bucket: str = "") -> dict[str, Any]:
    parts = {"accepted": accepted, "corrected": corrected, "rejected": rejected, "taken_over": 0}
    decided = accepted + corrected + rejected
    return _bar(parts | {"decided": decided, "week": "2026-11-09", "bucket": bucket}, LINKS)


def test_the_parts_of_a_bar_fill_it_without_a_gap() -> None:
    parts = bar(3, 0, 4)["parts"]
    assert [(part["part"], part["x"], part["width"]) for part in parts] == [
        ("accepted", 0, 428),
        ("rejected", 428, 572),
    ]


@pytest.mark.parametrize(
    ("counts", "said", "items"),
    [
        ((0, 0, 0), "nothing decided", "0 items"),
        ((1, 0, 0), "1 accepted as written", "1 item"),
        ((999, 1, 1), "999 accepted as written, 1 accepted after your edit, 1 rejected",
         "1,001 items"),
    ],
)  # fmt: skip
def test_a_bar_is_said_in_words(counts: tuple[int, int, int], said: str, items: str) -> None:
    found = bar(*counts)
    assert (found["said"], found["items"]) == (said, items)


def test_a_bar_opens_its_items_only_where_they_were_kept() -> None:
    assert bar(1, 0, 0)["url"] == ""
    assert bar(1, 0, 0, bucket="decided")["url"] == LINKS.items("2026-11-09", "decided")


@pytest.mark.parametrize(
    ("bucket", "count", "label"),
    [
        ("accepted", 1, "accepted as written"),
        ("stepped_in", 0, "times a person stepped in"),
        ("stepped_in", 1, "time a person stepped in"),
        ("stepped_in", 2, "times a person stepped in"),
    ],
)
def test_a_number_has_its_label(bucket: str, count: int, label: str) -> None:
    shown = _card({"bucket": bucket, "count": count, "link": None}, "2026-11-09", LINKS)
    assert (shown["label"], shown["url"]) == (label, LINKS.items("2026-11-09", bucket))
