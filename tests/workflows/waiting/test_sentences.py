"""What a run waits for, in words: the pure function."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from workflows.engine.state.breaker import BreakerState
from workflows.waiting.sentences import (
    Facts,
    Waiting,
    WaitingItem,
    WaitingJob,
    explain,
    time_words,
    waiting_step_sentence,
)

NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)  # a Tuesday
LATER = NOON + timedelta(minutes=5)
OPEN = BreakerState(failed_at=NOON, failures=5, opens=1, opened_at=NOON)


def one(**facts: object) -> Waiting:
    (found,) = explain(Facts(now=NOON, zone=UTC, **facts))  # type: ignore[arg-type]
    return found


def test_a_pause_and_a_stop_hold_everything_else() -> None:
    jobs = [WaitingJob("run.advance", NOON, True, before=3)]
    assert one(paused=True, jobs=jobs).why == "It is paused."
    assert one(stopped=("Harbor has stopped everything.",), jobs=jobs) == Waiting(
        "Harbor has stopped everything."
    )


@pytest.mark.parametrize(
    ("row", "why", "before"),
    [
        (WaitingJob("run.advance", NOON, True, before=14), "Waits for its turn.", 14),
        (WaitingJob("run.advance", NOON, True, before=0), "Waits for its turn: it is next.", 0),
        (
            WaitingJob("call.make", NOON, False, "lane:1", 2, "model", "openai/x"),
            "Waits for its turn: 5 of 5 calls of this workflow are in flight.",
            2,
        ),
        (
            WaitingJob("call.make", NOON, False, "via:openai", 0, "model", "openai/x"),
            "Waits for its turn: openai is at its limit.",
            0,
        ),
        (
            WaitingJob("effect.perform", LATER, False, kind="tool", name="shop.refund"),
            "Held: shop.refund failed 5 times, tried again at 12:05.",
            None,
        ),
        (
            WaitingJob("call.make", LATER, False, kind="tool", name="mail.send", attempt=2),
            "Retry at 12:05: mail.send failed before.",
            None,
        ),
        (
            WaitingJob("call.make", LATER, False, kind="model", name="m", problem="It is used up."),
            "Waits for a budget. It is used up.",
            None,
        ),
    ],
)
def test_each_row_says_why_it_is_not_done(row: WaitingJob, why: str, before: int | None) -> None:
    found = one(jobs=[row], workflow_calls=(5, 5), circuits={("tool", "shop.refund"): OPEN})
    assert found == Waiting(why, before)


@pytest.mark.parametrize(
    ("people", "who"),
    [
        (None, "a decision"),
        (["Dana"], "Dana's decision"),
        (["Dana", "Tom"], "a decision by Dana or Tom"),
        (["A", "B", "C", "D"], "a decision by one of 4 people"),
    ],
)
def test_who_decides_is_named(people: list[str] | None, who: str) -> None:
    assert one(items=[WaitingItem(LATER, people=people)]).why == f"Waits for {who}, due 12:05."
    found = one(items=[WaitingItem(LATER, is_exception=True, owner="Dana")])
    assert found.why == "Waits for Dana to resolve an exception."


def test_what_rests_says_until_when_and_for_what() -> None:
    facts = Facts(now=NOON, zone=ZoneInfo("America/New_York"))
    monday = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
    assert (
        waiting_step_sentence("wait", "Waits until 2026-11-23.", monday, facts)
        == "Waits until Mon 9:00."
    )
    note = "Waits for the event delivered, until 2026-11-23 14:00 UTC."
    assert (
        waiting_step_sentence("wait", note, monday, facts)
        == "Waits for the event delivered, until Mon 9:00."
    )
    assert (
        waiting_step_sentence("wait", "Waits for the event paid.", None, facts)
        == "Waits for the event paid."
    )
    handed = waiting_step_sentence("handoff", "Handed over to Returns.", None, facts)
    assert handed == "Handed over to Returns, and waits for that run."


def test_moments_are_said_in_the_clients_day() -> None:
    facts = Facts(now=NOON, zone=UTC)
    assert time_words(NOON + timedelta(hours=2, minutes=5), facts) == "14:05"
    assert time_words(NOON + timedelta(days=7), facts) == "24 Nov 12:00"
    assert time_words(NOON + timedelta(days=60), facts) == "16 Jan 2027 12:00"


def test_the_same_reason_is_said_once() -> None:
    rows = [WaitingJob("call.make", NOON, False, "via:openai", 1) for _ in range(3)]
    assert len(explain(Facts(now=NOON, zone=UTC, jobs=rows))) == 1


def test_who_asked_for_a_pause_is_said_to_have() -> None:
    row = WaitingJob("call.make", LATER, False, kind="model", name="openai/x", attempt=2)
    paused = BreakerState(failed_at=NOON, failures=0, rest_until=LATER)
    found = one(jobs=[row], circuits={("model", "openai/x"): paused})
    assert found.why == "Held: openai/x asked for a pause, tried again at 12:05."
