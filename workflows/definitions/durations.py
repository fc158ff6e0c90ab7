"""Durations and times as definitions write them. Pure."""

import re
from datetime import datetime, timedelta

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
PATTERN = r"^([0-9]{1,7}[smhd])+$"
LONGEST = timedelta(days=366)
LONGEST_TEXT = 40  # characters of a duration


def span(text: str) -> timedelta:
    """Return a duration such as ``3d`` or ``1h30m``. Raises ValueError for other text."""
    if not re.fullmatch(PATTERN, text):
        raise ValueError(f"“{text}” is no span of time: write 90s, 15m, 12h, 3d or 1h30m.")
    if len(text) > LONGEST_TEXT:
        raise ValueError("a span of time is written in a few characters, such as 3d or 1h30m")
    parts = re.findall(r"([0-9]+)([smhd])", text)
    return sum((timedelta(**{UNITS[unit]: int(count)}) for count, unit in parts), timedelta())


def moment(text: str) -> datetime | None:
    """Return an RFC 3339 time; None for other text, and for a time without its zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
