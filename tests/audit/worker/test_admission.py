"""Calls that answer soon are begun a few at a time; calls that take long are begun all the same."""

import pytest

from audit.worker import admission
from audit.worker.admission import ANSWERS, LONG, SOON, Admission, Room


class Clock:
    """The clock of the admission, which a test moves."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(admission, "time", made)
    return made


def begin(calls: Admission, *numbers: int, topic: str = "run") -> None:
    for number in numbers:
        calls.begin(number, topic)


def answer(calls: Admission, *numbers: int) -> None:
    for number in numbers:
        calls.answer(number)


def test_calls_of_unknown_length_take_room_while_they_are_young(clock: Clock) -> None:
    calls = Admission()
    begin(calls, 1, 2, 3)
    assert calls.reserve() == ANSWERS - 3
    calls.reserved = 0
    clock.now += SOON + 0.01
    assert calls.reserve() == ANSWERS


def test_an_answer_takes_room_until_it_is_written(clock: Clock) -> None:
    calls = Admission()
    begin(calls, *range(ANSWERS))
    clock.now += 0.1
    answer(calls, *range(ANSWERS))
    clock.now += 60
    assert calls.reserve() == 0
    calls.unwritten.clear()
    assert calls.reserve() == ANSWERS


def test_what_one_caller_reserved_another_does_not_get(clock: Clock) -> None:
    calls = Admission()
    assert (calls.reserve(), calls.reserve()) == (ANSWERS, 0)


def test_calls_that_take_long_take_no_room_and_their_answers_neither(clock: Clock) -> None:
    calls = Admission()
    begin(calls, 1)
    clock.now += LONG * 2
    answer(calls, 1)
    calls.unwritten.clear()
    begin(calls, *range(2, 200))
    assert calls.slow_topics() == {"run"}
    assert calls.reserve() == ANSWERS
    calls.reserved = 0
    clock.now += LONG * 2
    answer(calls, *range(2, 2 + ANSWERS))
    assert calls.reserve() == ANSWERS


def test_a_topic_whose_first_call_has_waited_long_is_slow_before_its_answer(clock: Clock) -> None:
    calls = Admission()
    begin(calls, 1)
    clock.now += LONG
    assert calls.slow_topics() == {"run"}


def test_one_late_answer_makes_a_quick_topic_no_slow_one(clock: Clock) -> None:
    calls = Admission()
    begin(calls, 1)
    clock.now += 0.1
    answer(calls, 1)
    begin(calls, 2)
    clock.now += LONG * 2
    assert calls.slow_topics() == frozenset()
    answer(calls, 2)
    assert calls.slow_topics() == frozenset()


def test_topics_are_known_apart(clock: Clock) -> None:
    calls = Admission()
    begin(calls, 1, topic="model")
    begin(calls, 2, topic="tool")
    clock.now += 0.01
    answer(calls, 2)
    clock.now += 1
    answer(calls, 1)
    assert calls.slow_topics() == {"model"}


def test_a_batch_is_as_large_as_the_room_unless_its_calls_take_long() -> None:
    room = Room(100, answers=3, slow_topics=frozenset({"model"}))
    assert room.batch_sizes({"model": 128, "tool": 32}) == {"model": 128, "tool": 3}


def test_without_room_only_calls_that_take_long_are_admitted() -> None:
    room = Room(100, answers=0, slow_topics=frozenset({"model"}))
    assert (room.admits("model"), room.admits("tool")) == (True, False)
    assert Room(100, answers=1).admits("tool")
