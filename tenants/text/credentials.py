"""Credentials are taken out of a text: some servers repeat what they are sent. Pure."""

import json
from collections.abc import Iterable

SHORTEST = 8  # characters
LONGEST_WORD = 15  # a value of letters alone, no longer than this, may be an ordinary word
INSTEAD = "[a credential]"


def hidden_values(values: Iterable[str]) -> list[str]:
    """Return what no text may repeat: these values, and the token in one such as "Bearer …"."""
    words = {word for value in values for word in (value.strip(), *value.split()[-1:])}
    hidden = {word for word in words if len(word) >= SHORTEST and not _is_word(word)}
    hidden |= {json.dumps(word, ensure_ascii=False)[1:-1] for word in hidden}  # as JSON has it
    # The longest first, as one may begin with another.
    return sorted(hidden, key=len, reverse=True)


def _is_word(value: str) -> bool:
    return value.isalpha() and len(value) <= LONGEST_WORD


def without_credentials(text: str, hidden: Iterable[str]) -> str:
    """Return a text without these values, the longest of which come first."""
    for one in hidden:
        text = text.replace(one, INSTEAD)
    return text
