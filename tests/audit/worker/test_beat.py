"""The chores of a worker are done when they are due, and one that fails does not end them."""

import time
from uuid import UUID

import pytest
from django.db import OperationalError

from audit import outbox
from audit.jobs import SweepResult
from audit.worker import beat, wakeups

ROWS = [UUID(int=n) for n in range(1, 21)]


@pytest.mark.parametrize(
    ("missed", "takes", "works"), [(False, True, 0), (True, True, 3), (False, False, 3)]
)
def test_the_thread_works_itself_where_messages_wake_nobody(
    monkeypatch: pytest.MonkeyPatch, missed: bool, takes: bool, works: int
) -> None:
    sent: list[UUID] = []
    batches = iter([True, True, False])
    worked: list[bool] = []

    def publish(row_id: UUID) -> bool:
        sent.append(row_id)
        return takes

    def work_batch() -> bool:
        worked.append(next(batches))
        return worked[-1]

    monkeypatch.setattr(outbox, "sweep_due", lambda: SweepResult(ROWS, missed))
    monkeypatch.setattr(wakeups, "publish_wakeup", publish)
    monkeypatch.setattr(outbox, "work_batch", work_batch)
    beat.send_due_wakeups()
    assert sent == (ROWS[: beat.FEW] if takes else ROWS[:1])
    assert len(worked) == works


def test_it_goes_back_to_its_chores_after_so_many_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[int] = []
    monkeypatch.setattr(outbox, "sweep_due", lambda: SweepResult([], True))
    monkeypatch.setattr(outbox, "work_batch", lambda: worked.append(1) or True)
    beat.send_due_wakeups()
    assert len(worked) == beat.BY_ITSELF


def test_a_chore_is_due_at_once() -> None:
    before = time.monotonic()
    assert before <= beat.Chore(print, 5.0).due <= time.monotonic()


@pytest.mark.parametrize(
    ("error", "level"), [(OperationalError("away"), "WARNING"), (RuntimeError("no"), "ERROR")]
)
def test_a_chore_that_fails_is_logged(
    caplog: pytest.LogCaptureFixture, error: Exception, level: str
) -> None:
    def broken() -> None:
        raise error

    beat._do(beat.Chore(broken, 1.0))
    assert [one.levelname for one in caplog.records] == [level]
