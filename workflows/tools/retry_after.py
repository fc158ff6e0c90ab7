"""Retry-After headers: the number of seconds before which a server wants no other try. Pure."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 3600.0  # seconds; a longer wait is cut to this


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float:
    """Return the seconds before the next try from an answer's headers; 0 without any."""
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
    """Return the seconds from ``now`` to a date in a header; 0 for an unreadable date."""
    try:
        date = parsedate_to_datetime(said[:100])
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        return (date - now).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST)
