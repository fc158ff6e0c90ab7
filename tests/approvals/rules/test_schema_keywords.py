"""JSON Schema keywords mean what the draft says, in linear time, with short messages."""

from typing import Any

import pytest

from approvals.rules import schema_keywords
from approvals.rules.schema_keywords import (
    FORMATS,
    BoundedValidator,
    on_the_clock,
    pattern_of,
    shortened_value,
)
from tenants.errors import Invalid


def messages(schema: dict[str, Any], value: Any) -> list[str]:
    validator = BoundedValidator(schema, format_checker=FORMATS)
    return [error.message for error in validator.iter_errors(value)]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": "^a+$"}, "aaa"),
        ({"pattern": "a"}, "xax"),
        ({"pattern": "^a+$"}, 5),
        ({"patternProperties": {"^n_": {"type": "integer"}}}, {"n_a": 1, "s": "x"}),
        ({"patternProperties": {"^n_": False}}, ["n_a"]),
        ({"additionalProperties": False, "properties": {"a": {}}}, {"a": 1}),
        ({"additionalProperties": False, "patternProperties": {"^n_": {}}}, {"n_a": 1}),
        ({"additionalProperties": False}, ["a"]),
        (
            {"additionalProperties": {"type": "integer"}, "properties": {"a": {}}},
            {"a": "x", "b": 1},
        ),
        ({"additionalProperties": True}, {"a": 1}),
        ({"uniqueItems": True}, [1, 2, "1", True, [1], {"a": 1}]),
        ({"uniqueItems": True}, [0, False, None, "", []]),
        ({"uniqueItems": True}, "aa"),
        ({"uniqueItems": False}, [1, 1]),
        ({"anyOf": [{"type": "string"}, {"minimum": 3}]}, 5),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, 5),
        ({"format": "regex"}, "a+"),
        ({"format": "regex"}, 5),
        ({"format": "date"}, "2026-11-17"),
    ],
    ids=str,
)
def test_a_value_that_fits_has_no_complaint(schema: dict[str, Any], value: Any) -> None:
    assert messages(schema, value) == []


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"pattern": "^a+$"}, "ab", ["'ab' does not match '^a+$'"]),
        ({"pattern": ""}, "\ud800", [r"'\ud800' does not match ''"]),
        ({"pattern": "^b"}, "a" * 100, [f"'{'a' * 80}' does not match '^b'"]),
        (
            {"patternProperties": {"^n_": {"type": "integer"}}},
            {"n_a": "x", "n_b": 1, "s": "x"},
            ["'x' is not of type 'integer'"],
        ),
        (
            {"additionalProperties": False, "properties": {"a": {}}},
            {"a": 1, "b": 2},
            ["Additional properties are not allowed ('b' was unexpected)"],
        ),
        (
            {"additionalProperties": False},
            {"a": 1, "b": 2},
            ["Additional properties are not allowed ('a', 'b' were unexpected)"],
        ),
        (
            {"additionalProperties": {"type": "integer"}, "properties": {"a": {}}},
            {"a": "x", "b": "y"},
            ["'y' is not of type 'integer'"],
        ),
        ({"uniqueItems": True}, [1, 1], ["it holds the same twice"]),
        # In JSON one number has several spellings.
        ({"uniqueItems": True}, [1, 1.0], ["it holds the same twice"]),
        ({"uniqueItems": True}, [[1], [1.0]], ["it holds the same twice"]),
        (
            {"uniqueItems": True},
            [{"a": 1, "b": [2]}, {"b": [2.0], "a": 1}],
            ["it holds the same twice"],
        ),
        (
            {"anyOf": [{"type": "string"}, {"minimum": 6}]},
            5,
            ["it is not valid under any of the given schemas"],
        ),
        (
            {"oneOf": [{"type": "string"}, {"minimum": 6}]},
            5,
            ["it is not valid under any of the given schemas"],
        ),
        (
            {"oneOf": [{"type": "integer"}, {"minimum": 3}]},
            5,
            ["it is not valid under exactly one of the given schemas"],
        ),
        ({"format": "regex"}, "(?=a)", ["'(?=a)' is not a 'regex'"]),
        ({"format": "date"}, "2026-13-17", ["'2026-13-17' is not a 'date'"]),
    ],
)
def test_a_value_that_does_not_fit_is_told_why(
    schema: dict[str, Any], value: Any, said: list[str]
) -> None:
    assert messages(schema, value) == said


def test_ten_additional_properties_are_named_by_eighty_characters_each() -> None:
    value = {"n" * 90 + str(n): 1 for n in range(11)}
    [said] = messages({"additionalProperties": False}, value)
    assert said.count(repr("n" * 80)) == 10
    assert "n" * 81 not in said


def test_a_complaint_names_the_part_that_does_not_fit() -> None:
    schema = {
        "patternProperties": {"^n_": {"type": "integer"}},
        "additionalProperties": {"type": "integer"},
    }
    errors = BoundedValidator(schema).iter_errors({"n_a": "x", "other": "y"})
    assert sorted(list(error.path) for error in errors) == [["n_a"], ["other"]]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?=a)", "Patterns have no look-ahead"),
        (r"(a)\1", "Patterns have no look-ahead"),
        ("a{1001}", "repeat 1,000 times at most"),
        ("[", "The pattern [ can't be used: missing ]"),
        ("\ud800", "half a character"),
    ],
    ids=ascii,
)
def test_a_pattern_that_takes_more_than_linear_time_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        pattern_of(pattern)
    assert said in refused.value.message
    assert refused.value.code == "schema"


def test_a_pattern_that_repeats_a_thousand_times_is_taken() -> None:
    assert pattern_of("^a{1000}$").search("a" * 1000) is not None
    assert pattern_of("^a{1000}$").search("a" * 999) is None


def test_keywords_stop_when_their_time_is_over_and_only_on_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schema_keywords, "LONGEST_CHECK", -1.0)
    with on_the_clock(), pytest.raises(Invalid, match="takes too long") as refused:
        messages({"type": "string"}, 5)
    assert refused.value.code == "schema"
    assert messages({"type": "string"}, "x") == []


def test_a_clock_ends_with_its_block_even_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_keywords, "LONGEST_CHECK", -1.0)
    with pytest.raises(Invalid), on_the_clock():
        messages({"type": "string"}, "x")
    assert messages({"type": "string"}, "x") == []


def test_a_message_repeats_three_hundred_characters_of_a_value() -> None:
    assert shortened_value("a" * 300) == "a" * 300
    assert shortened_value("a" * 301) == "a" * 300 + "…"
