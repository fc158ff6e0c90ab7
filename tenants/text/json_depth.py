"""The depth of JSON is measured level by level, because native JSON code recurses. Pure."""

from typing import Any

DEEPEST = 100  # levels of any JSON that is kept


def is_deeper(value: Any, levels: int = DEEPEST) -> bool:
    """Return whether a value is nested deeper than ``levels``."""
    level = [value] if isinstance(value, dict | list | tuple) else []
    for _ in range(levels):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list | tuple)
        ]
        if not level:
            return False
    return True
