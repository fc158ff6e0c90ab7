"""A sample fits its schema, as small as it may be, and is the same each time."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules import schema_validation
from workflows.sealed.samples import ADDRESS, sample_of, text_sample

SCHEMAS: list[tuple[dict[str, Any], Any]] = [
    ({"type": "string"}, "Sample"),
    ({"type": "string", "format": "email"}, ADDRESS),
    ({"type": "string", "format": "date"}, "2026-01-15"),
    ({"type": "string", "pattern": "^[A-Z]-[0-9]$"}, "A-1"),
    ({"type": "string", "minLength": 8}, "Sample x"),
    ({"type": "string", "maxLength": 3}, "Sam"),
    ({"type": "integer"}, 1),
    ({"type": "integer", "minimum": 5}, 5),
    ({"type": "integer", "exclusiveMinimum": 5, "multipleOf": 5}, 10),
    ({"type": "number", "maximum": 0}, 0),
    ({"type": "boolean"}, True),
    ({"type": "null"}, None),
    ({"type": ["null", "integer"]}, 1),
    ({"enum": ["b", "a"]}, "b"),
    ({"const": "USD"}, "USD"),
    ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
    ({"type": "array", "maxItems": 0}, []),
    ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, 1),
    ({"type": "object", "properties": {"to": {"type": "string"}}}, {"to": ADDRESS}),
    ({"type": "object", "required": ["x"]}, {"x": "Sample"}),
    (
        {"$defs": {"n": {"type": "integer"}}, "properties": {"n": {"$ref": "#/$defs/n"}}},
        {"n": 1},
    ),
    (
        {
            "allOf": [
                {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
                {"properties": {"b": {"const": 2}}, "required": ["b"]},
            ]
        },
        {"a": 1, "b": 2},
    ),
]


@pytest.mark.parametrize(("schema", "sample"), SCHEMAS)
def test_a_sample_is_the_smallest_that_fits(schema: dict[str, Any], sample: Any) -> None:
    assert sample_of(schema) == sample
    assert list(schema_validation.errors(schema, sample)) == []


def test_a_schema_that_holds_itself_comes_to_an_end() -> None:
    schema = {
        "$defs": {"tree": {"type": "object", "properties": {"next": {"$ref": "#/$defs/tree"}}}},
        "$ref": "#/$defs/tree",
    }
    assert list(schema_validation.errors(schema, sample_of(schema))) == []


def test_names_tell_what_a_text_looks_like() -> None:
    assert text_sample("reply_to") == text_sample("from") == ADDRESS
    assert text_sample("currency") == "USD"
    assert text_sample("today") == "Sample"


LEAVES = st.sampled_from(
    [
        {"type": "string"},
        {"type": "integer", "minimum": -3, "maximum": 40},
        {"type": "boolean"},
        {"type": "null"},
        {"enum": [1, "x"]},
        {"type": "number", "multipleOf": 0.5},
    ]
)
NESTED = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda fields: {
                "type": "object",
                "properties": fields,
                "required": list(fields),
                "additionalProperties": False,
            },
            st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=4),
        ),
        st.builds(
            lambda item, least: {"type": "array", "items": item, "minItems": least},
            inner,
            st.integers(0, 3),
        ),
    ),
    max_leaves=8,
)


@given(NESTED)
def test_samples_of_plain_schemas_fit(schema: dict[str, Any]) -> None:
    assert list(schema_validation.errors(schema, sample_of(schema))) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "type",
                        "properties",
                        "items",
                        "enum",
                        "allOf",
                        "anyOf",
                        "$ref",
                        "required",
                        "minimum",
                        "maxLength",
                        "minItems",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
def test_no_schema_that_may_be_declared_makes_it_fail(schema: Any) -> None:
    try:
        schema_validation.check(schema)
    except Exception:
        return
    sample_of(schema)
