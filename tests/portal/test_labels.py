"""Labels in the client's words, and how fresh a source is."""

from datetime import UTC, datetime, timedelta

import pytest

from approvals.rules.ladder import ORDER
from portal.labels import RUN_STATUS, RUNGS, Freshness, freshness
from workflows import states

NOW = datetime(2026, 11, 17, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def test_every_rung_and_every_state_of_a_run_has_a_label() -> None:
    assert list(RUNGS) == [rung.value for rung in ORDER]
    assert set(RUN_STATUS) == {status for status, _ in states.RUN.choices}


@pytest.mark.parametrize(
    ("verified", "found"),
    [
        (NOW, Freshness("fresh", 100, "Fresh for 10 days")),
        (NOW - 5 * DAY, Freshness("fresh", 50, "Fresh for 5 days")),
        (NOW - 8 * DAY + SECOND, Freshness("fresh", 20, "Fresh for 2 days")),
        (NOW - 8 * DAY, Freshness("due", 20, "To be confirmed within 2 days")),
        (NOW - 9 * DAY, Freshness("due", 10, "To be confirmed within 1 day")),
        (NOW - 10 * DAY + SECOND, Freshness("due", 1, "To be confirmed within less than a day")),
        (NOW - 10 * DAY, Freshness("stale", 0, "Stale for less than a day, so it is not used")),
        (NOW - 11 * DAY, Freshness("stale", 0, "Stale for 1 day, so it is not used")),
        (None, Freshness("empty", 0, "No content yet, so nothing uses it")),
    ],
)
def test_a_source_is_fresh_then_due_in_its_last_fifth_then_stale(
    verified: datetime | None, found: Freshness
) -> None:
    assert freshness(verified, 10, NOW) == found


def test_a_source_that_may_have_no_age_is_stale_at_once() -> None:
    assert freshness(NOW, 0, NOW).state == "stale"
