"""Stored JSON as indented text for people."""

import json
from typing import Any

from tenants.text.json_depth import DEEPEST, is_deeper


def pretty(value: Any) -> str:
    """Return JSON as indented text; empty for None."""
    if is_deeper(value, 2 * DEEPEST):  # indentation grows with depth, and the text with it
        return "(nested too deep to be shown)"
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def pretty_text(text: str) -> str:
    """Return a text as indented JSON where it parses as JSON, else unchanged."""
    try:
        return pretty(json.loads(text))
    except (ValueError, RecursionError):
        return text
