"""CEL expressions: conditions and arguments of definitions and rules."""

from functools import lru_cache
from typing import Any

import cel

from tenants.errors import Invalid


@lru_cache(maxsize=4096)
def _program(source: str) -> cel.Program:
    return cel.compile(source)


def check(source: str, *, names: set[str]) -> None:
    """Raise Invalid unless ``source`` is CEL over these names only."""
    try:
        used = set(_program(source).variables())
    except ValueError as error:
        raise Invalid(
            f"“{source}” is not a CEL expression: {error}", code="bad_expression"
        ) from error
    if unknown := sorted(used - names):
        raise Invalid(
            f"“{source}” reads {', '.join(unknown)}, which is not there. "
            f"It can read {', '.join(sorted(names))}.",
            code="unknown_name",
        )


def evaluate(source: str, names: dict[str, Any]) -> Any:
    """The value of an expression. Raises Invalid where it reads what is not there."""
    try:
        return _program(source).execute(names)
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        raise Invalid(f"“{source}” can't be worked out: {error}", code="expression") from error
