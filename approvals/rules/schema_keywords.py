"""JSON Schema keywords with limits: patterns in linear time, all within a time limit. Pure."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import re2
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from tenants.errors import Invalid

LONGEST_CHECK = 2.0  # seconds of this thread's work
LONGEST_MESSAGE = 300  # characters: a message repeats the value that is wrong

_until: ContextVar[float] = ContextVar("handrail_schema_check")


@contextmanager
def on_the_clock() -> Iterator[None]:
    """Keywords raise Invalid inside the block once they have worked for LONGEST_CHECK."""
    token = _until.set(time.thread_time() + LONGEST_CHECK)
    try:
        yield
    finally:
        _until.reset(token)


@lru_cache(maxsize=1024)
def pattern_of(pattern: str) -> Any:
    """Return a pattern for RE2, whose time is linear in the text. Raises Invalid."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except UnicodeEncodeError as error:
        raise Invalid("A pattern holds half a character.", code="schema") from error
    except re2.error as error:
        why = error.args[0].decode(errors="replace") if error.args else "it is no pattern"
        raise Invalid(
            f"The pattern {shortened_value(pattern)} can't be used: {shortened_value(why)}. "
            "Patterns have no look-ahead, no references back, and repeat 1,000 times at most.",
            code="schema",
        ) from error


def _fits_pattern(pattern: str, text: str) -> bool:
    try:
        return pattern_of(pattern).search(text) is not None
    except UnicodeEncodeError:  # half a surrogate pair fits no pattern
        return False


def _spend() -> None:
    if time.thread_time() > _until.get(float("inf")):
        raise Invalid(
            "Fitting it to its schema takes too long. Make the schema simpler.", code="schema"
        )


def _timed(keyword: Callable[..., Any]) -> Callable[..., Any]:
    def run(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        _spend()
        return keyword(validator, value, instance, schema)

    return run


def _on_pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    if validator.is_type(instance, "string") and not _fits_pattern(pattern, instance):
        yield ValidationError(f"{instance[:80]!r} does not match {pattern!r}")


def _on_pattern_properties(
    validator: Any, patterns: dict[str, Any], instance: Any, schema: Any
) -> Iterator[Any]:
    if validator.is_type(instance, "object"):
        for pattern, subschema in patterns.items():
            for name, value in instance.items():
                if _fits_pattern(pattern, name):
                    yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _on_additional(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not validator.is_type(instance, "object"):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", ())
    extra = [
        name
        for name in instance
        if name not in named and not any(_fits_pattern(one, name) for one in patterns)
    ]
    if wanted is False and extra:
        said, were = (
            ", ".join(repr(one[:80]) for one in extra[:10]),
            "was" if len(extra) == 1 else "were",
        )
        yield ValidationError(f"Additional properties are not allowed ({said} {were} unexpected)")
    elif wanted is not False:
        for name in extra:
            yield from validator.descend(instance[name], wanted, path=name)


def _on_unique(validator: Any, wanted: bool, instance: Any, schema: Any) -> Iterator[Any]:
    if wanted and validator.is_type(instance, "array"):
        # As text, because in JSON 1 and true differ and 1 and 1.0 are equal; in Python all are.
        said = {json.dumps(_whole(item), sort_keys=True) for item in instance}
        if len(said) != len(instance):
            yield ValidationError("it holds the same twice")


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


def _on_any(validator: Any, choices: list[Any], instance: Any, schema: Any) -> Iterator[Any]:
    """Check ``anyOf`` without the library's errors, which repeat the value for every choice."""
    if not any(_is_fine(validator, one, instance) for one in choices):
        yield ValidationError("it is not valid under any of the given schemas")


def _on_one(validator: Any, choices: list[Any], instance: Any, schema: Any) -> Iterator[Any]:
    fitting = sum(_is_fine(validator, one, instance) for one in choices)
    if fitting != 1:
        said = "any" if not fitting else "exactly one"
        yield ValidationError(f"it is not valid under {said} of the given schemas")


def _is_fine(validator: Any, schema: Any, instance: Any) -> bool:
    return next(validator.descend(instance, schema), None) is None


FORMATS = FormatChecker(sorted(Draft202012Validator.FORMAT_CHECKER.checkers.keys() - {"regex"}))


@FORMATS.checks("regex")
def _is_pattern(value: object) -> bool:
    try:
        return not isinstance(value, str) or bool(pattern_of(value))
    except Invalid:
        return False


_OWN = {
    "pattern": _on_pattern,
    "patternProperties": _on_pattern_properties,
    "additionalProperties": _on_additional,
    "uniqueItems": _on_unique,
    "anyOf": _on_any,
    "oneOf": _on_one,
}
BoundedValidator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {name: _timed(one) for name, one in {**Draft202012Validator.VALIDATORS, **_OWN}.items()},
)


def shortened_value(text: str) -> str:
    """Return a text cut to the length that an error message may hold."""
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}…"
