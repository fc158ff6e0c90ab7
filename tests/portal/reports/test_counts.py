"""Numbers of a week: each row once, shares, sizes of edits, the usual reason."""

from uuid import uuid4

import pytest

from approvals.rules.reasons import REASONS
from portal.reports.counts import Undone, edits, share, top_reason, week_tally
from tests.portal.reports.decided_kit import row


def test_a_share_is_all_only_where_it_is_all() -> None:
    assert share({"accepted": 999, "decided": 1000}) == 99
    assert share({"accepted": 1, "decided": 1000}) == 1
    assert share({"accepted": 3, "decided": 3}) == 100
    assert share({"accepted": 0, "decided": 0}) is None


def test_a_row_read_twice_counts_once() -> None:
    twice = row("reject", reason="tone")
    act = Undone(uuid4(), "Shop refund", "Refund $5", "")
    found = week_tally([twice, twice, row("accept")], [act, act], [])
    assert found.counts() == {
        "decided": 2,
        "accepted": 1,
        "corrected": 0,
        "rejected": 1,
        "taken_over": 0,
        "stepped_in": 2,
        "expired": 0,
    }
    assert found.buckets["rejected-tone"] == [str(twice.id)]


def test_an_exception_resolved_is_a_moment_somebody_stepped_in_but_no_piece_of_work() -> None:
    found = week_tally([row("resolve", kind="exception")], [], [])
    assert (found.count("decided"), found.count("stepped_in")) == (0, 1)


def test_the_reason_given_most_often_is_named() -> None:
    rows = [row("reject", reason=r) for r in ("tone", "missed_context", "missed_context")]
    assert top_reason(rows) == ("missed_context", 2)
    assert top_reason([row("accept")]) is None


def test_edits_are_called_small_only_where_most_are() -> None:
    def size(*sizes: int) -> str:
        return edits([row("correct", words_changed=n) for n in sizes])

    assert size() == ""
    assert size(1) == "1 word changed"
    assert size(2, 3, 90) == "mostly small edits"
    assert size(2, 40, 90) == "mostly large edits"
    assert size(10, 12) == "about 11 words each"


@pytest.mark.parametrize(
    ("accepted", "decided", "percent"),
    [(0, 5, 0), (5, 5, 100), (1, 201, 1), (200, 201, 99), (1, 3, 33), (2, 3, 67)],
)
def test_a_share_is_rounded_and_never_to_none_or_all(
    accepted: int, decided: int, percent: int
) -> None:
    assert share({"accepted": accepted, "decided": decided}) == percent


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([5, 5, 6], "mostly small edits"),
        ([5, 6], "about 6 words each"),
        ([6, 6], "about 6 words each"),
        ([21, 21, 20], "mostly large edits"),
        ([20, 21], "about 20 words each"),
        ([0], "0 words changed"),
    ],
)
def test_edits_are_small_up_to_5_words_and_large_beyond_20(sizes: list[int], said: str) -> None:
    assert edits([row("correct", words_changed=size) for size in sizes]) == said


def test_of_reasons_given_as_often_the_first_of_the_list_is_named() -> None:
    first, second = list(REASONS)[:2]
    rows = [row("reject", reason=reason) for reason in (second, first)]
    assert top_reason(rows) == (first, 1)


def test_a_text_that_was_sent_back_was_rejected() -> None:
    found = week_tally([row("again", reason="tone")], [], [])
    assert (found.count("rejected"), found.count("rejected-tone")) == (1, 1)


def test_what_expired_is_no_decision_and_nobody_stepped_in() -> None:
    gone = uuid4()
    found = week_tally([], [], [gone, gone])
    assert (found.count("expired"), found.count("decided"), found.count("stepped_in")) == (1, 0, 0)
    assert found.count("of another release") == 0
