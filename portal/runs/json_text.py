"""Stored JSON as indented text for people."""

import json
from typing import Any

from tenants.text.json_depth import DEEPEST, is_deeper


def pretty(value: Any) -> str:
    """JSON that a person can read; empty for nothing."""
    if is_deeper(value, 2 * DEEPEST):  # each level is indented further than the one before
        return "(nested too deep to be shown)"
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def pretty_text(text: str) -> str:
    """JSON of a text that holds some; else the text."""
    try:
        return pretty(json.loads(text))
    except (ValueError, RecursionError):
        return text
