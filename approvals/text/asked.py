"""What a request says in one line, to tell one from another. Pure."""

from typing import Any

from approvals.rules.hidden_characters import shows_nothing

# Where the words of who asked stand, in the order they are looked for.
NAMES = ("message", "text", "body", "question", "request", "notes", "subject")
LONGEST = 120


def first_line(given: Any) -> str:
    """The first line of what was asked, cut at LONGEST; empty where there are no words."""
    if not isinstance(given, dict):
        return ""
    texts = [str(given[name]) for name in NAMES if isinstance(given.get(name), str)]
    if not texts:
        texts = [value for value in given.values() if isinstance(value, str) and " " in value]
    lines = (line.strip() for text in texts for line in text[:4000].splitlines())
    line = next((line for line in lines if not shows_nothing(line)), "")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"
