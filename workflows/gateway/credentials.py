"""Credentials of models that no answer and no error may repeat."""

import os
import re

from tenants.text.credentials import hidden_values

NAMES = re.compile(r"(?:_API_KEY|_TOKEN|_SECRET|_SECRET_ACCESS_KEY|_PASSWORD)$")


def known_credentials(api_key: str | None) -> list[str]:
    """Return what no answer may repeat: the key of a call, and those in the environment."""
    known = [value for name, value in os.environ.items() if NAMES.search(name)]
    return hidden_values([api_key or "", *known])
