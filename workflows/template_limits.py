"""Sandbox of templates that bounds their work: loops, calls, filters and operators count. Pure.

A few characters of a template can ask for a text of a gigabyte, and an operation can't be stopped
once it has begun. So sizes are checked before it, and the clock is read at each step.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from itertools import islice
from typing import Any

from jinja2 import StrictUndefined, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tenants.errors import Invalid
from workflows.template_parsing import BUILT, EACH, JOINED, add_counting

MOST_STEPS = 100_000  # rounds of loops, calls, filters and operators
MOST_OUTPUT = 300_000  # characters
MOST_SECONDS = 1.0  # of this thread's CPU time
LARGEST = 1_000_000  # characters of any intermediate value
LARGEST_PRODUCT = 20_000_000  # characters that one filter may make on its way
LARGEST_NUMBER = 100_000  # as an argument, such as a width
LONGEST_WRAPPED = 30_000  # characters; wrapping blanks takes quadratic time
MOST_BITS = 8192  # of a whole number

# Methods whose result is no larger than their input, or whose arguments are checked before a call.
METHODS = frozenset(
    "capitalize casefold count endswith find get index isalnum isalpha isdecimal isdigit islower "  # noqa: SIM905
    "isnumeric isspace istitle isupper items join keys lower lstrip partition removeprefix "
    "removesuffix replace rfind rpartition rsplit rstrip split splitlines startswith strip title "
    "upper values".split()
)
REMOVED_FILTERS = (
    "pprint",
    "urlize",
    "xmlattr",
)  # slow on hostile texts, and of no use in a prompt
MULTIPLYING = frozenset({"batch", "center", "indent", "join", "replace", "slice", "wordwrap"})
WIDE = re.compile(r"%[^%a-zA-Z]*(\*|[0-9]{4})")  # a format's width, given apart or over 999


@dataclass(slots=True)
class _Work:
    steps: int = 0
    output: int = 0
    until: float = 0.0


_work: ContextVar[_Work | None] = ContextVar("handrail_template_work", default=None)


@contextmanager
def count_work() -> Iterator[None]:
    """Count a template's work inside this block; it raises Invalid once it has taken too much."""
    token = _work.set(_Work(until=time.thread_time() + MOST_SECONDS))
    try:
        yield
    finally:
        _work.reset(token)


def _spend(steps: int = 1, output: int = 0) -> None:
    work = _work.get()
    if work is None:
        return
    work.steps += steps
    work.output += output
    if work.output > MOST_OUTPUT:
        raise _limit_error(f"writes more than {MOST_OUTPUT:,} characters")
    if work.steps > MOST_STEPS or time.thread_time() > work.until:
        raise _limit_error("takes too long: use fewer or shorter loops")


def _limit_error(why: str) -> Invalid:
    return Invalid(f"The template {why}.", code="template_limit")


def size(value: Any) -> int:
    """Return about how many characters a value has as text; counting ends beyond LARGEST."""
    found, todo = 0, [value]
    while todo and found <= LARGEST:
        one = todo.pop()
        found += 4
        if isinstance(one, str | bytes):
            found += len(one)
        elif isinstance(one, int):
            found += one.bit_length() // 3
        elif isinstance(one, dict):
            todo += islice(one.keys(), LARGEST)
            todo += islice(one.values(), LARGEST)
        elif isinstance(one, range):
            found += len(one) * 4
        elif isinstance(one, Iterable) and not isinstance(one, Iterator | StrictUndefined):
            todo += islice(one, LARGEST)
    return found


def _bounded(value: Any) -> Any:
    if isinstance(value, Iterator):
        value = list(islice(value, MOST_STEPS + 1))
        _spend(len(value))
    if size(value) > LARGEST:
        raise _limit_error(f"makes a value of more than {LARGEST:,} characters")
    return value


# -- Filters and operators -----------------------------------------------------------------


def _bounded_filter(name: str, own: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(own)  # copies Jinja's mark of filters that get the environment or the context
    def run(*args: Any, **kwargs: Any) -> Any:
        _spend()
        given = args[1:] if hasattr(own, "jinja_pass_arg") else args
        _check_arguments(name, given[0] if given else "", [*given[1:], *kwargs.values()])
        return _bounded(own(*args, **kwargs))

    return run


def _check_arguments(name: str, value: Any, more: list[Any]) -> None:
    numbers = [abs(one) for one in more if isinstance(one, int | float)]
    if max(numbers, default=0) > LARGEST_NUMBER:
        raise _limit_error(f"gives {name} a number over {LARGEST_NUMBER:,}")
    if name == "format":
        _check_format(value)
    if name == "sum" and any(isinstance(one, list | tuple) for one in more):
        raise _limit_error("adds lists up: use a loop")
    if name == "wordwrap" and size(value) > LONGEST_WRAPPED:
        raise _limit_error(f"wraps a text of more than {LONGEST_WRAPPED:,} characters")
    if name in MULTIPLYING:
        longest = max([1, *numbers, *(size(one) for one in more)])
        if size(value) * longest > LARGEST_PRODUCT:
            raise _limit_error(f"makes too long a text with {name}")


def _check_format(text: Any) -> None:
    if isinstance(text, str | bytes):
        shown = text if isinstance(text, str) else text.decode("latin-1")
        if WIDE.search(shown):
            raise _limit_error("formats something wider than 999 characters")


def _check_product(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() + right.bit_length() > MOST_BITS:
            raise _limit_error("makes too large a number")
    elif isinstance(left, int) or isinstance(right, int):
        count, other = (left, right) if isinstance(left, int) else (right, left)
        if size(other) * count > LARGEST:
            raise _limit_error(f"makes a value of more than {LARGEST:,} characters")


def _check_power(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * right > MOST_BITS:
        raise _limit_error("makes too large a number")


OPERATOR_CHECKS: dict[str, Callable[[Any, Any], None]] = {
    "*": _check_product,
    "**": _check_power,
    "%": lambda left, _right: _check_format(left),
}


def _count_rounds(values: Any, written: int) -> Iterator[Any]:
    """Yield the values of a loop, counting each round and the constant text that it writes."""
    for value in values:
        _spend(1, written)
        yield value


def _join_bounded(values: list[Any]) -> str:
    _spend()
    if sum(map(size, values)) > LARGEST:
        raise _limit_error(f"makes a value of more than {LARGEST:,} characters")
    return "".join(map(str, values))


def _count_built(value: Any) -> Any:
    _spend()
    return _bounded(value)


# -- The environment -----------------------------------------------------------------------


@pass_context  # keeps Jinja from calling it while the template is compiled
def _count_output(context: Context, value: Any) -> str:
    if size(value) > LARGEST:
        raise _limit_error(f"writes a value of more than {LARGEST:,} characters")
    text = str(value)
    _spend(1, len(text))
    return text


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """Sandboxed environment that bounds a template's work, texts and numbers."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "**", "%"})

    def __init__(self) -> None:
        # The optimizer would evaluate constants while compiling, before anything is counted.
        super().__init__(
            undefined=StrictUndefined, autoescape=False, optimized=False, finalize=_count_output
        )
        for name in REMOVED_FILTERS:
            del self.filters[name]
        del self.globals["lipsum"]
        self.filters = {name: _bounded_filter(name, own) for name, own in self.filters.items()}
        self.filters |= {EACH: _count_rounds, JOINED: _join_bounded, BUILT: _count_built}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        add_counting(tree)
        return tree

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        _spend()
        if operator in OPERATOR_CHECKS:
            OPERATOR_CHECKS[operator](left, right)
        return _bounded(super().call_binop(context, operator, left, right))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        _spend()
        name = getattr(__obj, "__name__", "")
        if name in MULTIPLYING:
            _check_arguments(name, getattr(__obj, "__self__", ""), [*args, *kwargs.values()])
        return _bounded(super().call(__context, __obj, *args, **kwargs))

    def wrap_str_format(self, value: Any) -> None:
        """Return None, for no wrapper: ``is_safe_attribute`` refuses ``format``."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        safe = super().is_safe_attribute(obj, attr, value)
        return safe and (not callable(value) or attr in METHODS)
