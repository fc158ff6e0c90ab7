"""Credentials of models stay out of answers and errors: some servers repeat what they are sent."""

import os
import re

NAMES = re.compile(r"(?:_API_KEY|_TOKEN|_SECRET|_SECRET_ACCESS_KEY|_PASSWORD)$")
SHORTEST = 8  # characters; a shorter value may be an ordinary word
INSTEAD = "[a credential]"


def known_credentials(api_key: str | None) -> list[str]:
    """Return what no answer may repeat: the key of a call, and those in the environment."""
    known = [value for name, value in os.environ.items() if NAMES.search(name)]
    found = {value.strip() for value in (api_key or "", *known)}
    # The longest first, as one may begin with another.
    return sorted((one for one in found if len(one) >= SHORTEST), key=len, reverse=True)


def without_credentials(text: str, known: list[str]) -> str:
    """Return a text without these credentials."""
    for one in known:
        text = text.replace(one, INSTEAD)
    return text
