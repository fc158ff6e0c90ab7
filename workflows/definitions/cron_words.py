"""Cron texts in words for people, where they have a common shape. Pure."""

import re
from collections.abc import Callable

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
SHORT_DAYS = {day[:3].lower(): n for n, day in enumerate(DAYS)}
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
SHORT_MONTHS = {month[:3].lower(): n for n, month in enumerate(MONTHS, 1)}
MOST_TIMES = 4
WEEK, WORKING, WEEKEND = set(range(7)), {1, 2, 3, 4, 5}, {0, 6}


def cron_in_words(text: str) -> str:
    """Return a cron text in words: ``0 9 * * mon-fri`` as "every weekday at 09:00".

    An unusual text gives "by the cron text" and the text itself.
    """
    minute, hour, day, month, weekday = text.lower().split()
    every = _every(minute, hour) if (day, month) == ("*", "*") else ""
    if every:
        days = _weekdays(weekday)
        return every if days == "every day" else f"{every} {days}" if days else _as_cron_text(text)
    at, on = _at(minute, hour), _on(day, month, weekday)
    return f"{on} at {at}" if at and on else _as_cron_text(text)


def _as_cron_text(text: str) -> str:
    return f"by the cron text {' '.join(text.split())}"


def _every(minute: str, hour: str) -> str:
    """Return the words for several times an hour, or every hour; empty for other times."""
    if hour != "*":
        return ""
    if minute == "*":
        return "every minute"
    if (step := re.fullmatch(r"\*/(\d+)", minute)) and 60 % int(step[1] or 1) == 0:
        return f"every {int(step[1])} minutes" if int(step[1]) > 1 else "every minute"
    if minute.isdigit():
        return "every hour" if int(minute) == 0 else f"every hour at {int(minute)} past"
    return ""


def _at(minute: str, hour: str) -> str:
    """Return the words for a few times of the day; empty for other times."""
    hours = hour.split(",")
    if not minute.isdigit() or not all(h.isdigit() for h in hours) or len(hours) > MOST_TIMES:
        return ""
    return _and([f"{int(h):02}:{int(minute):02}" for h in sorted(hours, key=int)])


def _on(day: str, month: str, weekday: str) -> str:
    """Return the words for the days; empty for unusual ones."""
    if (day, month) == ("*", "*"):
        return _weekdays(weekday)
    if weekday != "*":
        return ""
    which = "the last day" if day == "l" else f"the {_nth(int(day))}" if day.isdigit() else ""
    if month == "*":
        return which and f"on {which} of every month"
    number = _number(month, SHORT_MONTHS)
    if number is None or not day.isdigit():
        return ""
    return f"every year on {int(day)} {MONTHS[number - 1]}"


def _weekdays(text: str) -> str:
    if text == "*":
        return "every day"
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        ends = [_number(end, SHORT_DAYS) for end in (first, last or first)]
        if ends[0] is None or ends[1] is None:
            return ""
        found |= {n % 7 for n in range(ends[0], ends[1] + 1)}
    named: dict[str, Callable[[set[int]], bool]] = {
        "every day": WEEK.__eq__,
        "every weekday": WORKING.__eq__,
        "every Saturday and Sunday": WEEKEND.__eq__,
    }
    for words, fits in named.items():
        if fits(found) is True:
            return words
    # A week begins on Monday.
    return f"every {_and([DAYS[n] for n in sorted(found, key=lambda n: (n - 1) % 7)])}"


def _number(text: str, names: dict[str, int]) -> int | None:
    return int(text) if text.isdigit() else names.get(text)


def _nth(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
