"""Identifiers sort as they were made."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tenants import clock
from tenants.ids import first_id, uuid7

MOMENT = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)


def test_they_are_version_7_and_carry_the_moment() -> None:
    with clock.at(MOMENT):
        made = uuid7()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == int(MOMENT.timestamp() * 1000)


def test_they_sort_as_they_were_made_even_in_one_millisecond() -> None:
    real = [uuid7() for _ in range(20_000)]
    assert real == sorted(real)
    with clock.at(MOMENT):
        frozen = [uuid7() for _ in range(5000)]
        clock.pass_time(timedelta(milliseconds=1))
        frozen.append(uuid7())
    assert frozen == sorted(frozen)
    assert len(set(frozen)) == 5001


def test_threads_make_different_ones() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: [uuid7() for _ in range(2000)], range(8)))
    assert len({one for batch in made for one in batch}) == 16_000
    assert all(batch == sorted(batch) for batch in made)


def test_the_clock_is_moved_by_hand_only() -> None:
    with pytest.raises(RuntimeError):
        clock.pass_time(timedelta(days=1))
    with pytest.raises(ValueError, match="aware"), clock.at(datetime(2026, 1, 1)):
        pass
    with clock.at(MOMENT):
        clock.pass_time(timedelta(days=30))
        assert clock.now() == MOMENT + timedelta(days=30)
    assert clock.moved() is None


def test_ids_made_from_a_moment_on_lie_at_or_above_its_first_id() -> None:
    moment = datetime(2026, 11, 9, tzinfo=UTC)
    with clock.at(moment):
        assert uuid7() >= first_id(moment)
    with clock.at(moment - timedelta(milliseconds=1)):
        assert uuid7() < first_id(moment)
