"""A JSON Schema of somebody else's refers to nothing but itself, and is applied within bounds."""

import time
from typing import Any

import pytest

from approvals.gate.tools import change_tool, check_args
from approvals.models import Tool
from approvals.rules import schema_validation
from tenants.errors import Invalid
from tests.fakes.sink import HttpSink
from tests.lanes import Lane
from tests.world import DEFINITION

SLOW = "^(a+)+$"
BAIT = "a" * 40 + "!"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"


def messages(schema: Any, value: Any, **how: bool) -> list[str]:
    return [error.message for error in schema_validation.errors(schema, value, **how)]


def nested(levels: int, name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {name: schema}
    return schema


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "http://127.0.0.1/x"}, "leads out of the schema"),
        ({"$ref": "file:///etc/passwd"}, "leads out of the schema"),
        ({"$ref": "other.json#/x"}, "leads out of the schema"),
        ({"$ref": schema_validation.DIALECT}, "leads out of the schema"),
        ({"$dynamicRef": "https://example.com/#x"}, "leads out of the schema"),
        ({"enum": [{"$ref": "http://127.0.0.1/x"}], "$ref": "#/enum/0"}, "leads out"),
        ({"$ref": "#/$defs/nope"}, "leads to nothing"),
        ({"$dynamicRef": "#x"}, "leads to nothing"),
        ({"$ref": "#/x", "x": {"type": "nonsense"}}, "leads to what is no schema"),
        ({"$ref": "#"}, "leads back to itself"),
        ({"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"not": {"$ref": "#"}}}}, "back to"),
        ({"properties": {"x": {"$id": "http://127.0.0.1/"}}}, "$id may only stand at the top"),
        ({"properties": {"x": {"$schema": DRAFT_7}}}, "$schema may only stand at the top"),
        ({"$schema": DRAFT_7}, "draft 2020-12"),
        ({"pattern": "(?=a)"}, "can't be used"),
        ({"pattern": r"(a)\1"}, "can't be used"),
        ({"patternProperties": {"[": {}}}, "can't be used"),
        ({"pattern": "(a{1,1000}){1,1000}"}, "can't be used"),
        ({"unevaluatedProperties": False, "patternProperties": {SLOW: {}}}, "can't be used with"),
        ({"type": ["string", 1] * 3000}, "types in JSON"),
        (nested(5000, "not"), "levels deep"),
        ({"properties": {f"p{n}": {} for n in range(1500)}}, "schemas at most"),
        ({"description": "x" * 70_000}, "larger than"),
        ({"const": float("nan")}, "is JSON"),
        ({"type": "text"}, "no JSON Schema"),
        ("x", "no JSON Schema"),
    ],
)
def test_a_schema_that_leads_out_or_nowhere_or_has_no_end_is_refused(
    schema: Any, said: str
) -> None:
    """G8, G9"""
    with pytest.raises(Invalid, match=said.replace("$", r"\$")):
        schema_validation.check(schema)


def test_references_within_a_schema_are_followed() -> None:
    tree = {"type": "object", "properties": {"in": {"items": {"$ref": "#"}}}}
    assert messages(tree, {"in": [{"in": []}]}) == []
    assert messages(tree, {"in": [5]}) != []
    named = {"$ref": "#text", "$defs": {"t": {"$anchor": "text", "type": "string"}}}
    assert messages(named, 5) != []
    assert messages({"properties": {"$ref": {"type": "string"}}}, {"$ref": 5}) != []


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": SLOW}, BAIT),
        ({"patternProperties": {SLOW: {}}, "additionalProperties": False}, {BAIT: 1}),
        ({"propertyNames": {"pattern": SLOW}}, {BAIT: 1}),
        ({"properties": {"x": {"contains": {"pattern": SLOW}}}}, {"x": [BAIT]}),
        # At the top the dialect may be named; a reference there stays with our validator.
        (
            {
                "$schema": schema_validation.DIALECT,
                "pattern": SLOW,
                "properties": {"x": {"$ref": "#"}},
            },
            {"x": BAIT},
        ),
        ({"uniqueItems": True}, [1, "a", {"a": 1}, [1]] * 8000),
    ],
)
def test_a_pattern_takes_time_in_proportion_to_the_text(schema: Any, value: Any) -> None:
    """G8"""
    began = time.thread_time()
    assert messages(schema, value) != []
    assert time.thread_time() - began < 1


def test_a_schema_that_unfolds_without_end_is_given_up_after_a_while() -> None:
    """G8: forty definitions that each name the next one twice are 2^40 checks."""
    twice = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    schema = {"$ref": "#/$defs/d0", "$defs": {**twice, "d40": {"type": "integer"}}}
    with pytest.raises(Invalid, match="takes too long"):
        messages(schema, 1)


def test_where_many_references_lead_is_looked_at_once() -> None:
    """G8. 30 kB took a minute when they were saved."""
    large = {f"q{n}": {"type": "string", "maxLength": n} for n in range(450)}
    many = {f"p{n}": {"$ref": "#/$defs/large"} for n in range(450)}
    began = time.thread_time()
    schema_validation.check({"properties": many, "$defs": {"large": {"properties": large}}})
    assert time.thread_time() - began < 3


@pytest.mark.parametrize("schema", [{"pattern": "\ud800"}, {"patternProperties": {"\ud800": {}}}])
def test_a_pattern_of_half_a_character_is_refused_in_words(schema: Any) -> None:
    with pytest.raises(Invalid, match="half a character"):
        schema_validation.check(schema)


def test_a_value_nested_too_deep_and_a_number_too_large_are_said_in_words() -> None:
    value: list[Any] = []
    for _ in range(5000):
        value = [value]
    with pytest.raises(Invalid, match="nested too deep"):
        messages({"items": {"$ref": "#"}}, value)
    with pytest.raises(Invalid, match="can't be applied"):
        messages({"multipleOf": 0.1}, 10**4000)


def test_messages_do_not_repeat_long_values() -> None:
    for schema, value in (
        ({"type": "integer"}, "x" * 100_000),
        ({"enum": ["x" * 60_000]}, "y" * 60_000),
    ):
        [said] = messages(schema, value)
        assert len(said) < 400


def test_formats_are_checked_where_they_are_asked_for() -> None:
    assert messages({"format": "email"}, "nobody") == []
    assert messages({"format": "email"}, "nobody", formats=True) != []
    assert messages({"format": "regex"}, "(" * 5000, formats=True) != []


@pytest.mark.parametrize("where", ["named", "inline", "unused"])
def test_a_definition_never_makes_the_server_fetch_a_schema(lane: Lane, where: str) -> None:
    """G9: neither when it is saved nor when it runs."""
    with HttpSink(body={"type": "string"}) as inside:
        ref = f'{{$ref: "{inside.url}/latest/meta-data/"}}'
        text = DEFINITION.replace("workflow: refund-replies", "workflow: other")
        if where == "named":
            text = text.replace("text: {type: string}", f"text: {ref}")
        elif where == "unused":
            text = text.replace("schemas:", f"schemas:\n  more: {ref}")
        else:
            own = f"schema: {{type: object, properties: {{text: {ref}}}}}"
            text = text.replace("schema: {$ref: reply}", own)
        assert inside.url in text
        with pytest.raises(Invalid, match="leads out of the schema"):
            lane.use(text)
        assert inside.requests == []


def test_a_tool_never_makes_the_server_fetch_a_schema(lane: Lane) -> None:
    """G9: refused when saved; a schema that was saved before refuses the call."""
    tool = Tool.objects.get(name="shop.refund")
    with HttpSink(body={"type": "string"}) as inside:
        schema = {**tool.args_schema, "properties": {"order": {"$ref": f"{inside.url}/x"}}}
        with pytest.raises(Invalid, match="leads out of the schema"):
            change_tool(tool, actor=lane.world.staff(lane.client), args_schema=schema)
        tool.args_schema = schema
        with pytest.raises(Invalid, match="leads out of the schema"):
            check_args(tool, {"order": "1"})
        assert inside.requests == []
