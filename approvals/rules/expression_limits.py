"""CEL expressions are measured before they are compiled, and their work before they run. Pure.

The CEL library is native code that recurses: a nested expression can end the process, and a few
macros can ask for more work and memory than there is. Neither can be stopped once it has begun, so
both are limited beforehand.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tenants.errors import ErrorCode, Invalid
from tenants.text.json_depth import DEEPEST as DEEPEST_JSON
from tenants.text.json_depth import is_deeper

LONGEST = 4000  # characters
# A bracket takes some 6.5 kB of stack and an operator 1 kB, and a thread may have 2 MB. Those in
# string literals are counted too, so that the limit does not depend on finding literals.
MOST_BRACKETS = 100
MOST_OPERATORS = 300
DEEPEST_VALUE = DEEPEST_JSON + 20  # levels: of a value and of the names above it
DEEPEST = 20  # nested brackets
DEEPEST_MACROS = 3  # nested map, filter, all, exists
# Characters copied in all. A gigabyte takes some 0.2 s.
MOST_WORK = 3_000_000_000
MOST_COPIED = 50_000_000  # characters that may be in memory at a time
FEW = 4  # concatenated texts that need no measuring
LARGEST_RESULT = 1_000_000  # characters
OVERHEAD = 40  # characters added for any value
PATTERN = 10_000_000  # work of a pattern, which CEL compiles again for each item
CODE: ErrorCode = "expression_limit"

UNKEPT = re.compile("[\x00\ud800-\udfff]")
MACROS = frozenset({"map", "filter", "all", "exists", "exists_one", "existsOne"})
BUILDING = frozenset({"map", "filter"})
CONSTANTS = frozenset({"true", "false", "null", "in"})
OPENING, CLOSING = "([{", ")]}"
OPERATOR = re.compile(r"[+\-*/%.<>=!&|?:]|\bin\b")
TOKEN = re.compile(
    r"""
    (?P<text>
        (?:[rR][bB]?|[bB][rR])(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n\r]*"|'[^'\n\r]*')
      | [bB]?(?:\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}
                |"(?:\\.|[^"\\\n\r])*"|'(?:\\.|[^'\\\n\r])*')
    )
  | (?P<nothing>\s+|//[^\n]*)
  | (?P<name>[^\W\d]\w*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The parts of an expression that decide its cost.

    ``macros`` is their number and ``depth`` how many are nested. ``builds``: a macro makes a list.
    ``carries``: a macro reads more than its current item. ``matches``: there are patterns.
    ``listed`` is the number of commas plus one.
    """

    macros: int
    depth: int
    builds: bool
    carries: bool
    matches: bool
    plusses: int
    listed: int


@dataclass(slots=True)
class Size:
    """A value's characters, its longest list's length, and the characters of its largest item."""

    all: int = 0
    longest: int = 0
    item: int = 0


def shortened_text(text: str) -> str:
    """Return a text cut to the length that an error message may hold."""
    return text if len(text) <= 200 else f"{text[:200]}…"


@lru_cache(maxsize=4096)
def shape_of(source: str) -> Shape:
    """Return the shape of an expression. Raises Invalid for one that is too long or nested."""
    if len(source) > LONGEST:
        raise _limit(f"is longer than {LONGEST:,} characters", source)
    if sum(map(source.count, OPENING)) > MOST_BRACKETS:
        raise _limit(f"has more than {MOST_BRACKETS} brackets", source)
    if len(OPERATOR.findall(source)) > MOST_OPERATORS:
        raise _limit(f"has more than {MOST_OPERATORS} operators", source)
    return _read(source)


def _read(source: str) -> Shape:
    words = [m.group() for m in TOKEN.finditer(source) if m.lastgroup in ("name", "other")]
    opened: list[str] = []  # for each open bracket its macro's variable, "" for none
    macros = depth = 0
    builds = carries = False
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        after = words[index + 1] if index + 1 < len(words) else ""
        if word in OPENING:
            is_macro = word == "(" and before in MACROS and words[index - 2 : index - 1] == ["."]
            opened.append(after if is_macro else "")
            macros += is_macro
            builds = builds or (is_macro and before in BUILDING)
            depth = max(depth, sum(map(bool, opened)))
            if len(opened) > DEEPEST:
                raise _limit(f"has more than {DEEPEST} brackets in each other", source)
        elif word in CLOSING and opened:
            opened.pop()
        elif any(opened) and before != "." and after != "(" and word.isidentifier():
            carries = carries or word not in (*opened, *CONSTANTS)
    if depth > DEEPEST_MACROS:
        raise _limit(f"goes through more than {DEEPEST_MACROS} lists in each other", source)
    plusses, listed = source.count("+"), source.count(",") + 1
    return Shape(macros, depth, builds, carries, "matches" in words, plusses, listed)


def check_work(source: str, names: dict[str, Any]) -> None:
    """Raise Invalid where evaluating an expression over these values may take too much work."""
    if is_deeper(names, DEEPEST_VALUE):
        raise _limit("reads a value that is nested too deep", source)
    shape = shape_of(source)
    copies = max(shape.plusses, shape.listed)
    if not shape.macros and copies < FEW:
        return
    size = measure(names)
    if not shape.macros and size.all * copies > MOST_COPIED:
        raise _limit("copies too much text", source)
    # Each macro may concatenate its values as often as it has plus signs.
    growth = (shape.plusses / max(shape.macros, 1) + 1) ** max(shape.macros, 1)
    largest = (size.all if shape.carries or not shape.macros else size.item) + len(source)
    items = max(size.longest, shape.listed) * growth
    # A list that is being built is copied for each item.
    times = items ** (shape.depth + shape.builds) if shape.macros else shape.plusses
    pattern = PATTERN if shape.matches and shape.macros else 0
    if (largest * growth + pattern) * times > MOST_WORK:
        raise _limit("goes through too much: use fewer or shorter lists and texts", source)


def check_result(source: str, value: Any) -> None:
    """Raise Invalid for a result that is too large, or that Postgres or UTF-8 can't store."""
    if not isinstance(value, str | list | dict | bytes):
        return
    if measure(value).all > LARGEST_RESULT:
        raise _limit("gives more than 1 MB", source)
    if any(UNKEPT.search(text) for text in _texts(value)):
        raise Invalid(
            f"“{shortened_text(source)}” gives a character that can't be kept.", code="expression"
        )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from (*_texts(name), *_texts(item))


def measure(value: Any) -> Size:
    """Return the size of a value from JSON, whose depth is limited."""
    found = Size()
    found.all = _add(value, found)
    return found


def _add(value: Any, found: Size) -> int:
    if isinstance(value, str | bytes):
        return len(value) + OVERHEAD
    if isinstance(value, dict):
        found.longest = max(found.longest, len(value))
        names = sum(len(name) for name in value if isinstance(name, str))
        return sum(_add(item, found) for item in value.values()) + names + OVERHEAD
    if not isinstance(value, list | tuple):
        return OVERHEAD
    sizes = [_add(item, found) for item in value]
    found.longest = max(found.longest, len(value))
    found.item = max([found.item, *sizes])
    return sum(sizes) + OVERHEAD


def _limit(why: str, source: str) -> Invalid:
    return Invalid(f"“{shortened_text(source)}” {why}.", code=CODE)
