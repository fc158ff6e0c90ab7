"""CEL expressions: conditions and arguments of definitions and rules."""

import re
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
        return _program(source).execute(_wanted(source, names))
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        raise Invalid(f"“{source}” can't be worked out: {error}", code="expression") from error


def _wanted(source: str, names: dict[str, Any]) -> dict[str, Any]:
    """Only what the expression reads: handing a run's whole record over costs most of it."""
    wanted: dict[str, Any] = {}
    for name, fields in _reads(source).items():
        value = names.get(name)
        if fields is not None and isinstance(value, dict):
            wanted[name] = {field: value[field] for field in fields if field in value}
        elif name in names:
            wanted[name] = value
    return wanted


@lru_cache(maxsize=4096)
def _reads(source: str) -> dict[str, frozenset[str] | None]:
    """The names an expression reads, each with its fields; None where it may read any."""
    found: dict[str, frozenset[str] | None] = {}
    for name in _program(source).variables():
        fields = re.findall(rf"\b{re.escape(name)}\b(?:\s*\.\s*([A-Za-z_]\w*))?", source)
        found[name] = frozenset(fields) if all(fields) else None
    return found
