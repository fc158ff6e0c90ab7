"""JSON is looked at for depth level by level, as the native code that reads it recurses. Pure."""

from typing import Any

DEEPEST = 100  # levels of any JSON that is kept


def is_deeper(value: Any, levels: int = DEEPEST) -> bool:
    """Whether a value is nested deeper than so many levels."""
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
