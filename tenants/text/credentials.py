"""Credentials are taken out of a text: some servers repeat what they are sent. Pure."""

from collections.abc import Iterable

SHORTEST = 8  # characters; a shorter value may be an ordinary word
INSTEAD = "[a credential]"


def hidden_values(values: Iterable[str]) -> list[str]:
    """Return what no text may repeat: these values, and the token in one such as "Bearer …"."""
    words = {word for value in values for word in (value.strip(), *value.split()[-1:])}
    # The longest first, as one may begin with another.
    return sorted((one for one in words if len(one) >= SHORTEST), key=len, reverse=True)


def without_credentials(text: str, hidden: Iterable[str]) -> str:
    """Return a text without these values, the longest of which come first."""
    for one in hidden:
        text = text.replace(one, INSTEAD)
    return text
