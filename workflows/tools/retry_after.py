"""Retry-After: for how long the other side asks to be left alone. Pure."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 3600.0  # seconds; who asks for more is asked again all the same


def wait_of(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds until the next try is welcome, by an answer's headers; 0 where none are said."""
    found = {name.lower(): str(value).strip() for name, value in headers.items()}
    if (millis := _seconds(found.get("retry-after-ms", ""))) is not None:
        return _bounded(millis / 1000)
    said = found.get("retry-after", "")
    seconds = _seconds(said)
    return _bounded(_until(said, now) if seconds is None else seconds)


def _seconds(said: str) -> float | None:
    try:
        found = float(said[:40])
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _until(said: str, now: datetime) -> float:
    """The time to a moment as HTTP writes it."""
    try:
        moment = parsedate_to_datetime(said[:100])
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - now).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST)
