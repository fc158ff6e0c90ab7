"""The clock of the app. Due times never come from the database, so that time can be moved."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_moved: ContextVar[datetime | None] = ContextVar("handrail_clock", default=None)


def now() -> datetime:
    """Return the present time in UTC, or the time a test or the demo moved to."""
    return _moved.get() or datetime.now(UTC)


def moved() -> datetime | None:
    """Return the time the clock was moved to, or None for the real clock."""
    return _moved.get()


@contextmanager
def at(when: datetime) -> Iterator[None]:
    """The clock stands at ``when`` inside the block, until ``pass_time`` moves it."""
    if when.tzinfo is None:
        raise ValueError("A moved clock needs an aware datetime.")
    token = _moved.set(when)
    try:
        yield
    finally:
        _moved.reset(token)


def pass_time(by: timedelta) -> None:
    """Move a moved clock on. Raises RuntimeError for the real clock."""
    when = _moved.get()
    if when is None:
        raise RuntimeError("Only a moved clock can be moved on: use clock.at() first.")
    _moved.set(when + by)
