"""A wake-up is sent at once or with those of the same moment, and may be lost."""

import json
import threading
import time
from base64 import b64decode
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from celery import current_app
from celery.exceptions import OperationalError

from audit.worker import wakeups
from tests.processes import wait_until

ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[UUID]:
    """The wake-ups that were published; the first of an interval is let through."""
    published: list[UUID] = []
    settings.SEND_HINTS = True
    monkeypatch.setattr(wakeups, "_sender", wakeups._Sender())
    monkeypatch.setattr(wakeups, "publish_wakeup", published.append)
    return published


def test_the_first_wake_up_is_sent_at_once_and_not_where_nobody_wants_it(
    sent: list[UUID], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wakeups.without_wakeups():
        wakeups.send_wakeup(ONE)
    assert sent == []
    wakeups.send_wakeup(ONE)
    assert sent == [ONE]
    settings.SEND_HINTS = False
    monkeypatch.setattr(wakeups, "_sender", wakeups._Sender())
    wakeups.send_wakeup(ONE)
    assert sent == [ONE]


def test_of_many_wake_ups_of_a_moment_one_is_sent_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wakeups._Sender, "_follow", lambda sender: None)  # sends the last
    monkeypatch.setattr(wakeups, "INTERVAL", 60.0)
    sender = wakeups._Sender()
    assert [sender.may_send_now(UUID(int=n)) for n in range(3)] == [True, False, False]
    assert sender.latest == UUID(int=2)


@pytest.mark.parametrize("error", [OperationalError("away"), OSError("away")])
def test_a_broker_that_is_away_is_no_error(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    asked: list[tuple[str, Any]] = []

    def publish(body: Any, *, headers: dict[str, Any], **more: Any) -> None:
        asked.append((headers["task"], body[0]))
        if len(asked) > 1:
            raise error

    producer = SimpleNamespace(publish=publish)
    monkeypatch.setattr(current_app, "producer_or_acquire", lambda: nullcontext(producer))
    assert wakeups.publish_wakeup(ONE) is True
    assert wakeups.publish_wakeup(ONE) is False
    assert asked == [("audit.work", [str(ONE)])] * 2


def in_queue() -> list[dict[str, Any]]:
    """The messages that wait in the broker, as they are there, the first sent first."""
    with current_app.connection_for_read() as connection:
        found = connection.default_channel.client.lrange("work", 0, -1)
    return [json.loads(one) for one in reversed(found)]


def purge() -> None:
    with current_app.connection_for_write() as connection:
        connection.default_channel.queue_purge("work")


def test_a_message_is_the_one_that_celery_sends() -> None:
    """Workers of the former release read it too."""
    purge()
    current_app.send_task(wakeups.TASK, args=[str(ONE)])
    assert wakeups.publish_wakeup(ONE)
    assert wakeups.publish_wakeup(TWO)
    by_celery, one, two = in_queue()
    purge()
    ids = [message["headers"]["id"] for message in (by_celery, one, two)]
    assert len(set(ids)) == 3
    for message, task_id in zip((by_celery, one, two), ids, strict=True):
        assert UUID(task_id).version == 4
        assert message["headers"].pop("id") == message["headers"].pop("root_id") == task_id
        assert message["properties"].pop("correlation_id") == task_id
        message["properties"].pop("delivery_tag")
        message["properties"].pop("reply_to")  # where a result would go, and there is none
    assert json.loads(b64decode(two.pop("body")))[0] == [str(TWO)]
    assert two["headers"].pop("argsrepr") == f"['{TWO}']"
    assert one == by_celery
    assert one["headers"].pop("argsrepr") == f"['{ONE}']"
    assert one.pop("body")
    assert one == two


def test_of_a_burst_the_thread_sends_the_last_when_the_interval_is_over(
    sent: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "INTERVAL", 0.3)
    began = time.monotonic()
    for row_id in (ONE, ONE, TWO):
        wakeups.send_wakeup(row_id)
    assert sent == [ONE]
    wait_until(lambda: len(sent) > 1, seconds=5, what="the thread sends")
    assert sent == [ONE, TWO]
    # Since the first, and not since the last asked for it.
    assert 0.3 <= time.monotonic() - began < 0.6


def test_while_the_thread_is_about_to_send_nobody_else_does() -> None:
    sender = wakeups._Sender()
    sender.thread = threading.current_thread()
    sender.pending.set()
    assert not sender.may_send_now(ONE)
    assert sender.latest == ONE
