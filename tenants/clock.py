"""The one clock. Due times never come from the database, so time can be moved."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_moved: ContextVar[datetime | None] = ContextVar("handrail_clock", default=None)


def now() -> datetime:
    """The present moment in UTC, or the moment a test or the demo moved to."""
    return _moved.get() or datetime.now(UTC)


def moved() -> datetime | None:
    """The moment the clock was moved to, or None where it is the real one."""
    return _moved.get()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let ``now`` answer ``moment`` in this context until ``pass_time`` or the end."""
    if moment.tzinfo is None:
        raise ValueError("A moved clock needs an aware datetime.")
    token = _moved.set(moment)
    try:
        yield
    finally:
        _moved.reset(token)


def pass_time(by: timedelta) -> None:
    """Move a moved clock on. Raises RuntimeError where the clock is the real one."""
    moment = _moved.get()
    if moment is None:
        raise RuntimeError("Only a moved clock can be moved on: use clock.at() first.")
    _moved.set(moment + by)
