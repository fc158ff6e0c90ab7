"""What the other side says about when to come back."""

from datetime import UTC, datetime, timedelta

import pytest

from workflows.definitions.on_failure import Retry
from workflows.engine.calls.retry import retry_delay
from workflows.tools.retry_after import retry_after_seconds

NOW = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("90", 90),
        (" 90 ", 90),
        ("1.5", 1.5),
        ("Tue, 17 Nov 2026 12:02:00 GMT", 120),
        ("Tuesday, 17-Nov-26 12:02:00 GMT", 120),
        ("Tue, 17 Nov 2026 12:02:00 -0000", 120),
        ("Tue, 17 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("86400", 3600),
        ("-5", 0),
        ("1e999", 0),
        ("nan", 0),
        ("soon", 0),
        ("", 0),
        ("9" * 5000, 3600),
    ],
)
def test_a_time_is_read_in_seconds_or_as_a_date_and_bounded(said: str, seconds: float) -> None:
    assert retry_after_seconds({"Retry-After": said}, NOW) == seconds


def test_names_of_headers_are_read_in_any_case_and_milliseconds_too() -> None:
    assert retry_after_seconds({"retry-AFTER": "7"}, NOW) == 7
    assert retry_after_seconds({"retry-after-ms": "1500", "retry-after": "7"}, NOW) == 1.5
    assert retry_after_seconds({}, NOW) == 0


def test_the_longer_of_the_two_waits_counts() -> None:
    policy = Retry(wait="10s", jitter=0)
    assert retry_delay(policy, 1, 0.5, 90) == timedelta(seconds=90)
    assert retry_delay(policy, 1, 0.5, 3) == timedelta(seconds=10)
