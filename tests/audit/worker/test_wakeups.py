"""A wake-up is sent at once or with those of the same moment, and may be lost."""

from uuid import UUID

import pytest
from celery import current_app
from celery.exceptions import OperationalError

from audit.worker import wakeups

ONE = UUID(int=1)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, settings: object) -> list[UUID]:
    """The wake-ups that were published; the first of an interval is let through."""
    published: list[UUID] = []
    monkeypatch.setattr(settings, "SEND_HINTS", True)
    monkeypatch.setattr(wakeups, "_sender", wakeups._Sender())
    monkeypatch.setattr(wakeups, "publish_wakeup", published.append)
    return published


def test_the_first_wake_up_is_sent_at_once_and_not_where_nobody_wants_it(
    sent: list[UUID], settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wakeups.without_wakeups():
        wakeups.send_wakeup(ONE)
    assert sent == []
    wakeups.send_wakeup(ONE)
    assert sent == [ONE]
    monkeypatch.setattr(settings, "SEND_HINTS", False)
    monkeypatch.setattr(wakeups, "_sender", wakeups._Sender())
    wakeups.send_wakeup(ONE)
    assert sent == [ONE]


def test_of_many_wake_ups_of_a_moment_one_is_sent_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wakeups, "INTERVAL", 60.0)  # the thread that sends the last waits for it
    sender = wakeups._Sender()
    assert [sender.may_send_now(UUID(int=n)) for n in range(3)] == [True, False, False]
    assert sender.latest == UUID(int=2)


@pytest.mark.parametrize("error", [OperationalError("away"), OSError("away")])
def test_a_broker_that_is_away_is_no_error(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    asked: list[tuple[str, list[str]]] = []

    def send_task(name: str, args: list[str]) -> None:
        asked.append((name, args))
        if len(asked) > 1:
            raise error

    monkeypatch.setattr(current_app, "send_task", send_task)
    assert wakeups.publish_wakeup(ONE) is True
    assert wakeups.publish_wakeup(ONE) is False
    assert asked == [("audit.work", [str(ONE)])] * 2
