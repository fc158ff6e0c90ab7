"""Words of a list joined as English joins them: "a, b and c". Pure."""

from collections.abc import Sequence

from babel.lists import format_list

# British English sets no comma before the last word.
LOCALE = "en_GB"


def joined_by_and(words: Sequence[str]) -> str:
    """Return "a, b and c"; empty for no words."""
    return format_list(words, style="standard", locale=LOCALE)


def joined_by_or(words: Sequence[str]) -> str:
    """Return "a, b or c"; empty for no words."""
    return format_list(words, style="or", locale=LOCALE)
