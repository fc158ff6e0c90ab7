"""The style attribute of an element is read for whether the element is visible. Pure."""

import re
from dataclasses import dataclass

COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
LENGTH = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)(%|[a-z]{0,4})\Z")
RELATIVE = ("%", "em", "ex", "ch", "cap", "ic", "lh")  # of a size 0 they stay 0
LINES = {"block", "flex", "grid", "list-item", "table", "table-row", "flow-root", "table-caption"}
APART = {"table-cell", "inline-block", "inline-flex", "inline-grid", "inline-table"}
SIZES = ("smaller", "larger", "small", "medium", "large", "math")


@dataclass(frozen=True, slots=True)
class Style:
    """The visibility an element's style asks for; ``None`` means as in the element around it."""

    gone: bool | None = None  # hidden with everything inside it
    unseen: bool | None = None  # hidden, but elements inside may be visible again
    tiny: bool | None = None  # font size 0
    apart: str = ""  # whitespace before and after it


def style_of(text: str) -> Style:
    """Return the Style of a style attribute."""
    said = _declarations(text)
    if not said:
        return Style()
    display = said.get("display", "").partition(" ")[0]
    apart = "\n" if display in LINES else " " if display in APART else ""
    gone = _is_gone(said, display)
    unseen = said["visibility"] in ("hidden", "collapse") if "visibility" in said else None
    return Style(gone, unseen, _is_tiny(said), apart)


def _declarations(text: str) -> dict[str, str]:
    """Return the last value of each property; an important one wins."""
    found: dict[str, str] = {}
    important: set[str] = set()
    for part in COMMENT.sub(" ", text).lower().split(";"):
        name, colon, value = part.partition(":")
        name, value = name.strip(), value.strip()
        plain = re.sub(r"\s*!\s*important\s*\Z", "", value[-200:] if "!" in value else value)
        is_important = plain != value
        if not colon or not plain or (name in important and not is_important):
            continue
        if name == "font":
            size = next((w for w in plain.split() if _number(w.partition("/")[0]) is not None), "")
            name, plain = "font-size", size.partition("/")[0]
        if name == "font-size" and _number(plain) is None and plain not in ("inherit", "unset"):
            plain = "medium" if _is_keyword(plain) else ""
        if plain:  # browsers ignore a declaration without a value
            found[name] = plain
            important |= {name} if is_important else set()
    return found


def _is_keyword(value: str) -> bool:
    return value.removeprefix("xx-").removeprefix("xxx-").removeprefix("x-") in SIZES


def _is_gone(said: dict[str, str], display: str) -> bool | None:
    if display == "none" or _is_zero(said.get("opacity")):
        return True
    boxes = ("height", "max-height", "width", "max-width")
    clips = any(said.get(name, "").startswith(("hidden", "clip")) for name in OVERFLOWS)
    if clips and any(_is_zero(said.get(name)) for name in boxes):
        return True
    return False if display else None


OVERFLOWS = ("overflow", "overflow-x", "overflow-y")


def _is_tiny(said: dict[str, str]) -> bool | None:
    size = said.get("font-size")
    if size is None or size in ("inherit", "unset"):
        return None
    if _is_zero(size):
        return True
    return None if size.endswith(RELATIVE) and _number(size) is not None else False


def _number(value: str) -> float | None:
    found = LENGTH.match(value)
    return float(found[1]) if found else None


def _is_zero(value: str | None) -> bool:
    return value is not None and _number(value) == 0
