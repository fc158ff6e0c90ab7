"""JSON Schemas of definitions and tools are checked when saved and applied within limits. Pure.

A schema is untrusted text. It is read as draft 2020-12, may refer only to itself, and its patterns
run in linear time. All validators of the project are made here.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

import referencing
import referencing.exceptions
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, UnknownType, ValidationError
from referencing.jsonschema import DRAFT202012

from approvals.rules.schema_keywords import (
    FORMATS,
    BoundedValidator,
    on_the_clock,
    pattern_of,
    shortened_value,
)
from audit.canonical import LONGEST_TEXT
from tenants.errors import Invalid

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEEPEST = 40  # levels of a schema's JSON
MOST_SCHEMAS = 1000  # schemas inside a schema
MOST_TYPES = 7  # JSON has no more
MOST_ERRORS = 100
LOCAL = "#"
# Keywords that apply a schema to the same value; a circle of them never ends.
SAME_VALUE = ("not", "if", "then", "else")
SAME_VALUE_LISTS = ("allOf", "anyOf", "oneOf")
# With these keywords the library matches patternProperties by Python's own re, which can be slow.
BESIDE_PATTERNS = ("unevaluatedProperties", "unevaluatedItems")
# Keywords by which a part of a schema would change where references lead, or the dialect.
ONLY_AT_TOP = ("$id", "$schema")
BROKEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    UnknownType,
    ValueError,
    referencing.exceptions.Unresolvable,
)

# Formats of a schema itself are patterns, which RE2 reads.
NO_FORMATS = FormatChecker([])


def check(schema: Any) -> None:
    """Raise Invalid, saying why, unless ``schema`` is a JSON Schema that can be used here."""
    _validator(_text(schema))


def errors(schema: Any, value: Any, *, formats: bool = False) -> Iterator[ValidationError]:
    """Return an iterator of what does not fit in ``value``, MOST_ERRORS at most, in readable words.

    With ``formats`` the formats of texts are checked too. Raises Invalid for a schema that can't be
    used, and where fitting takes too long.
    """
    validator = _validator(_text(schema))
    if formats:
        validator = validator.evolve(format_checker=FORMATS)
    try:
        with on_the_clock():
            found = list(islice(validator.iter_errors(value), MOST_ERRORS))
    except RecursionError as error:
        raise Invalid("The value is nested too deep for its schema.", code="too_deep") from error
    except BROKEN as error:
        raise Invalid(
            f"The schema can't be applied to this value: {shortened_value(str(error))}",
            code="schema",
        ) from error
    for one in found:
        one.message = shortened_value(one.message)
    return iter(found)


def _text(schema: Any) -> str:
    try:
        text = json.dumps(schema, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(
            f"A JSON Schema is JSON: {shortened_value(str(error))}.", code="schema"
        ) from error
    if len(text) > LONGEST_TEXT:
        raise Invalid("The schema is larger than 64 kB. Make it shorter.", code="schema")
    return text


@lru_cache(maxsize=512)
def _validator(text: str) -> Any:
    """Return the validator of a checked schema; cached by the schema's text."""
    schema = json.loads(text)
    _check_shape(schema)
    try:
        Draft202012Validator.check_schema(schema, format_checker=NO_FORMATS)
    except SchemaError as error:
        raise Invalid(
            f"This is no JSON Schema: {shortened_value(error.message)}", code="schema"
        ) from error
    except RecursionError as error:
        raise Invalid("The schema is nested too deep.", code="schema") from error
    _check_parts(schema)
    if isinstance(schema, dict):
        # With $schema a reference to the top would be applied by the library's own validator.
        schema.pop("$schema", None)
    return BoundedValidator(schema, registry=referencing.Registry())


# -- Checking a schema ---------------------------------------------------------------------


def _check_shape(schema: Any) -> None:
    """Raise Invalid for a schema whose depth or lists of types would make its check slow."""
    todo: list[tuple[Any, int]] = [(schema, 0)]
    while todo:
        value, level = todo.pop()
        if level > DEEPEST:
            raise Invalid(f"A schema may be {DEEPEST} levels deep, not more.", code="schema")
        if isinstance(value, dict):
            types = value.get("type")
            if isinstance(types, list) and len(types) > MOST_TYPES:
                raise Invalid(f"There are {MOST_TYPES} types in JSON.", code="schema")
            todo += [(inner, level + 1) for inner in value.values()]
        elif isinstance(value, list):
            todo += [(inner, level + 1) for inner in value]


def _check_parts(schema: Any) -> None:
    """Check every schema inside the schema, and those that references lead to."""
    resolver = referencing.Registry().resolver_with_root(DRAFT202012.create_resource(schema))
    seen: dict[int, Any] = {}
    aimed: dict[int, Any] = {}  # where references lead, each looked at once
    todo = [schema]
    patterned: list[str] = []
    while todo:
        part = todo.pop()
        if isinstance(part, bool) or id(part) in seen:
            continue
        seen[id(part)] = part
        if len(seen) > MOST_SCHEMAS:
            raise Invalid(f"A schema holds {MOST_SCHEMAS} schemas at most.", code="schema")
        _check_part(part, is_top=part is schema)
        patterned += [name for name in BESIDE_PATTERNS if name in part]
        targets = [_target(resolver, ref) for ref in _refs(part)]
        # A reference may lead to a place where no schema is expected, and is used as one there.
        for target in targets:
            if id(target) not in aimed:
                aimed[id(target)] = target
                _check_target(target)
        todo += [*targets, *DRAFT202012.subresources_of(part)]
    if patterned and any("patternProperties" in part for part in seen.values()):
        raise Invalid(f"{patterned[0]} can't be used with patternProperties.", code="schema")
    _check_circles(resolver, list(seen.values()))


def _check_part(part: dict[str, Any], *, is_top: bool) -> None:
    if not is_top and (named := [name for name in ONLY_AT_TOP if name in part]):
        raise Invalid(f"{named[0]} may only stand at the top of a schema.", code="schema")
    if part.get("$schema", DIALECT).rstrip("#") != DIALECT:
        raise Invalid("Write the schema in draft 2020-12 of JSON Schema.", code="schema")
    own = [part["pattern"]] if "pattern" in part else []
    for pattern in (*own, *part.get("patternProperties", {})):
        pattern_of(pattern)


def _refs(part: dict[str, Any]) -> list[str]:
    return [part[name] for name in ("$ref", "$dynamicRef") if name in part]


def _target(resolver: Any, ref: str) -> Any:
    if not ref.startswith(LOCAL):
        raise Invalid(
            f"$ref to {shortened_value(ref)} leads out of the schema. "
            "Copy what is meant into $defs.",
            code="schema",
        )
    try:
        return resolver.lookup(ref).contents
    except (*BROKEN,) as error:
        raise Invalid(
            f"$ref to {shortened_value(ref)} leads to nothing in the schema.", code="schema"
        ) from error


def _check_target(target: Any) -> None:
    try:
        Draft202012Validator.check_schema(target, format_checker=NO_FORMATS)
    except SchemaError as error:
        raise Invalid(
            f"A $ref leads to what is no schema: {shortened_value(error.message)}", code="schema"
        ) from error


def _check_circles(resolver: Any, parts: list[Any]) -> None:
    """Raise Invalid for a schema that leads back to itself for the same value and never ends."""
    after = {id(part): [id(next_) for next_ in _same_value(resolver, part)] for part in parts}
    done: set[int] = set()
    for start in after:
        trail: dict[int, Iterator[int]] = {start: iter(after[start])}
        while trail:
            at = next(reversed(trail))
            following = next(trail[at], None)
            if following is None:
                done.add(at)
                del trail[at]
            elif following in trail:
                raise Invalid("A $ref leads back to itself.", code="schema")
            elif following not in done:
                trail[following] = iter(after.get(following, ()))


def _same_value(resolver: Any, part: dict[str, Any]) -> Iterator[Any]:
    yield from (_target(resolver, ref) for ref in _refs(part))
    yield from (part[name] for name in SAME_VALUE if name in part)
    for name in SAME_VALUE_LISTS:
        yield from part.get(name, ())
    yield from part.get("dependentSchemas", {}).values()
