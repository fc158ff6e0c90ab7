"""The first line of a request, which tells it from others. Pure."""

from typing import Any

from approvals.rules.hidden_characters import shows_nothing

# Names of fields with the words of the person who asked, in order of preference.
NAMES = ("message", "text", "body", "question", "request", "notes", "subject")
LONGEST = 120


def first_line(given: Any) -> str:
    """Return the first line of a request's text, cut at LONGEST; empty where it has no words."""
    if not isinstance(given, dict):
        return ""
    texts = [str(given[name]) for name in NAMES if isinstance(given.get(name), str)]
    if not texts:
        texts = [value for value in given.values() if isinstance(value, str) and " " in value]
    lines = (line.strip() for text in texts for line in text[:4000].splitlines())
    line = next((line for line in lines if not shows_nothing(line)), "")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"
