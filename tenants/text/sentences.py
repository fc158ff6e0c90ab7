"""Words become sentences: lists joined as English joins them, and a full stop. Pure."""

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


def as_sentence(text: str) -> str:
    """Return the text with a full stop, unless it ends as a sentence does."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
