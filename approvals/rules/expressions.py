"""CEL expressions of definitions and rules are checked and evaluated here."""

import re
from functools import lru_cache
from typing import Any

import cel

from approvals.rules import expression_limits
from approvals.rules.expression_limits import shortened_text
from tenants.errors import Invalid

# The library's errors for an expression or for its values.
FAILURES = (ArithmeticError, LookupError, RecursionError, RuntimeError, TypeError, ValueError)
PANIC = "PanicException"  # of the native library; no subclass of Exception, so it ends a thread


@lru_cache(maxsize=4096)
def _program(source: str) -> cel.Program:
    expression_limits.shape_of(source)
    return cel.compile(source)


def check(source: str, *, names: set[str]) -> None:
    """Raise Invalid unless ``source`` is CEL over these names only, and within the limits."""
    try:
        used = set(_program(source).variables())
    except FAILURES as error:
        raise _not_cel(source, error) from error
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        raise _not_cel(source, error) from error
    if unknown := sorted(used - names):
        raise Invalid(
            f"“{shortened_text(source)}” reads {shortened_text(', '.join(unknown))}, "
            f"which is not there. It can read {', '.join(sorted(names))}.",
            code="unknown_name",
        )


def _not_cel(source: str, error: BaseException) -> Invalid:
    said = shortened_text(str(error))
    return Invalid(
        f"“{shortened_text(source)}” is not a CEL expression: {said}", code="bad_expression"
    )


def evaluate(source: str, names: dict[str, Any]) -> Any:
    """Return the value of a CEL expression over ``names``.

    Raises Invalid where it has no value, with the code ``expression_limit`` where evaluating it
    would take too much, and ``missing_value`` where a field is missing.
    """
    try:
        program = _program(source)
        wanted = _wanted(source, names)
        expression_limits.check_work(source, wanted)
        found = program.execute(wanted)
    except FAILURES as error:
        raise _no_value(source, error) from error
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        raise _no_value(source, error) from error
    expression_limits.check_result(source, found)
    return found


def _no_value(source: str, error: BaseException) -> Invalid:
    if isinstance(error, KeyError) and error.args:
        field = str(error.args[0])
        if re.search(rf"\b(?:input|records)\b[\w.]*\.{re.escape(field)}\b", source):
            return Invalid(
                f"“{shortened_text(source)}” can't be worked out: "
                f"there is no {shortened_text(field)}.",
                code="missing_value",
                field=field[:60],
            )
    said = shortened_text(str(error))
    return Invalid(f"“{shortened_text(source)}” can't be worked out: {said}", code="expression")


def _wanted(source: str, names: dict[str, Any]) -> dict[str, Any]:
    """Return only the values the expression reads: converting all of a run's record costs most."""
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
    """Return the names an expression reads, each with its fields; None where it may read any."""
    found: dict[str, frozenset[str] | None] = {}
    for name in _program(source).variables():
        fields = re.findall(rf"\b{re.escape(name)}\b(?:\s*\.\s*([A-Za-z_]\w*))?", source)
        found[name] = frozenset(fields) if all(fields) else None
    return found
