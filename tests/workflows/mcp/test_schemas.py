"""Schemas of older drafts mean in draft 2020-12 what they meant in their own."""

from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator

from approvals.rules import schema_validation
from workflows.mcp.schemas import modern_schema

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_4 = "http://json-schema.org/draft-04/schema#"
VALUES: list[Any] = [
    {},
    {"a": 1},
    {"a": "x", "b": 2},
    {"a": "x", "items": [1]},
    {"dependencies": 3},
    {"dependencies": "x"},
    [],
    [1],
    ["x"],
    [1, "x"],
    [1, "x", 2],
    [1, "x", "y"],
    0,
    5,
    6,
    "x",
    None,
]
SEVEN: list[dict[str, Any]] = [
    {"type": "array", "items": [{"type": "integer"}, {"type": "string"}]},
    {
        "type": "array",
        "items": [{"type": "integer"}, {"type": "string"}],
        "additionalItems": {"type": "integer"},
    },
    {"type": "array", "items": [{"type": "integer"}], "additionalItems": False},
    {"items": [], "additionalItems": {"type": "integer"}},
    {"items": {"type": "integer"}, "additionalItems": False},
    {"dependencies": {"a": ["b"]}},
    {"dependencies": {"a": {"required": ["b"]}, "b": ["a"]}},
    {"properties": {"dependencies": {"type": "integer"}, "items": {"items": [{"const": 2}]}}},
    {"definitions": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/definitions/n"}}},
    {"not": {"items": [{"type": "integer"}], "type": "array"}},
    {"if": {"required": ["a"]}, "then": {"dependencies": {"a": ["b"]}}, "else": True},
    {"anyOf": [{"items": [{"type": "string"}], "type": "array"}, {"type": "null"}]},
    {"exclusiveMinimum": 5},
]


@pytest.mark.parametrize("schema", SEVEN, ids=str)
@pytest.mark.parametrize("value", VALUES, ids=str)
def test_draft_7_means_the_same(schema: dict[str, Any], value: Any) -> None:
    before = Draft7Validator(schema).is_valid(value)
    modern = modern_schema({"$schema": DRAFT_7, **schema})
    assert "$schema" not in modern
    assert Draft202012Validator(modern).is_valid(value) == before


@pytest.mark.parametrize("value", [4, 5, 6])
@pytest.mark.parametrize("is_exclusive", [True, False])
def test_draft_4_means_the_same(is_exclusive: bool, value: int) -> None:
    schema = {"minimum": 5, "exclusiveMinimum": is_exclusive, "maximum": 6}
    modern = modern_schema({"$schema": DRAFT_4, **schema})
    fits = Draft202012Validator(modern).is_valid(value)
    assert fits == Draft4Validator(schema).is_valid(value)


def test_a_schema_of_the_present_draft_stays_as_it_is() -> None:
    for schema in ({"items": []}, {"$schema": "https://json-schema.org/draft/2020-12/schema"}):
        assert modern_schema(schema) is schema
    other = {"$schema": "https://schemas.example/own"}
    assert modern_schema(other) is other


def test_what_libraries_write_can_be_used() -> None:
    """As zod's converter writes an answer, which servers of Node send."""
    schema = {
        "$schema": DRAFT_7,
        "type": "object",
        "properties": {"content": {"type": "string"}},
        "required": ["content"],
        "additionalProperties": False,
    }
    schema_validation.check(modern_schema(schema))


def test_a_schema_nested_without_end_is_refused_and_not_followed() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"not": deep}
    with pytest.raises(Exception, match="deep"):
        schema_validation.check(modern_schema({"$schema": DRAFT_7, **deep}))
