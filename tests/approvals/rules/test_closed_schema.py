"""Arguments are what a tool's schema names, at every level (cases G4, A13)."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from approvals.models import Proposal
from approvals.rules.closed_schema import closed
from tests.lanes import Lane
from tests.world import DEFINITION
from workflows.definitions.problems import DefinitionError

MONEY = {
    "type": "object",
    "required": ["value", "currency"],
    "properties": {"value": {"type": "integer"}, "currency": {"type": "string"}},
}
TEN = {"value": 1000, "currency": "USD"}
SCHEMAS: dict[str, dict[str, Any]] = {
    "plain": {"properties": {"amount": MONEY}},
    "said to be open": {
        "additionalProperties": True,
        "properties": {"amount": MONEY | {"additionalProperties": True}},
    },
    "by reference": {
        "properties": {"amount": {"$ref": "#/$defs/money"}},
        "$defs": {"money": MONEY},
    },
    "of parts": {
        "allOf": [{"properties": {"amount": {"allOf": [MONEY, {"required": ["value"]}]}}}]
    },
    "either": {"properties": {"amount": {"anyOf": [MONEY, {"type": "string"}]}}},
    "by condition": {
        "if": {"required": ["amount"]},
        "then": {"properties": {"amount": MONEY}},
    },
}
ANYTHING: list[dict[str, Any]] = [
    {"additionalProperties": {}},
    {"unevaluatedProperties": {}},
    {"allOf": [{"additionalProperties": True}]},
    {"anyOf": [{"unevaluatedProperties": True}]},
    {"if": {"additionalProperties": True}, "then": {}},
    {"dependentSchemas": {"value": {"additionalProperties": {}}}},
    {"patternProperties": {".*": {}}},
    {"patternProperties": {"": True}},
]
EXTRA = [
    {"amount": TEN | {"note": "x"}},
    {"amount": TEN, "amount_cents": 1},
    {"amount": TEN | {"more": {"deep": 1}}},
]


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=list(SCHEMAS))
def test_what_is_not_named_is_refused_however_the_schema_is_written(schema: dict) -> None:
    checked = Draft202012Validator(closed({"type": "object", **schema}))
    assert checked.is_valid({"amount": TEN})
    for args in EXTRA:
        assert not checked.is_valid(args), args


@pytest.mark.parametrize("anything", ANYTHING, ids=str)
def test_anything_is_no_name_however_it_is_spelt(anything: dict[str, Any]) -> None:
    """Case G4★: in the object itself, inside another, and by reference."""
    open_money = MONEY | anything
    for amount in (open_money, {"$ref": "#/$defs/money"}):
        schema = {"properties": {"amount": amount}, "$defs": {"money": open_money}}
        checked = Draft202012Validator(closed({"type": "object", **schema}))
        assert checked.is_valid({"amount": TEN})
        assert not checked.is_valid({"amount": TEN | {"note": "x"}})
        assert not checked.is_valid({"amount": TEN | {"note": {"deep": 1}}})


def test_a_schema_of_several_types_is_closed_as_one_of_each() -> None:
    several = {"what": MONEY | {"type": ["object", "null"]}, "note": {"type": ["string", "null"]}}
    checked = Draft202012Validator(closed({"type": "object", "properties": several}))
    assert checked.is_valid({"what": TEN, "note": None})
    assert checked.is_valid({"what": None, "note": "x"})
    assert not checked.is_valid({"what": TEN | {"note": "x"}})
    assert not checked.is_valid({"note": {"deep": 1}})


def test_a_list_by_reference_or_of_parts_holds_no_objects_that_nobody_named() -> None:
    free = {"type": "array"}
    for many in ({"$ref": "#/$defs/free"}, {"allOf": [free]}, {"anyOf": [free]}):
        schema = {"properties": {"many": many}, "$defs": {"free": free}}
        checked = Draft202012Validator(closed(schema))
        assert checked.is_valid({"many": ["x", 1]})
        assert not checked.is_valid({"many": [{"note": "x"}]})


def test_lists_and_maps_are_closed_inside() -> None:
    schema = {
        "type": "object",
        "properties": {
            "lines": {"type": "array", "items": MONEY},
            "pair": {"prefixItems": [MONEY, MONEY]},
            "free": {"type": "array"},
            "tags": {"type": "object", "additionalProperties": {"type": "string"}},
            "any": {},
            "what": True,
        },
    }
    checked = Draft202012Validator(closed(schema))
    assert checked.is_valid({"lines": [TEN], "pair": [TEN, TEN], "tags": {"a": "b"}, "any": 1})
    assert checked.is_valid({"free": ["x", 1], "what": "x"})
    for args in (
        {"lines": [TEN, TEN | {"note": "x"}]},
        {"pair": [TEN, TEN | {"note": "x"}]},
        {"tags": {"a": {"b": 1}}},
        {"any": {"amount": 1}},
        {"what": {"amount": 1}},
        {"free": [{"amount": 1}]},
    ):
        assert not checked.is_valid(args), args


def test_a_list_of_parts_keeps_what_its_parts_name() -> None:
    address = {"type": "object", "properties": {"street": {"type": "string"}}}
    whole = {"allOf": [address, {"properties": {"city": {"type": "string"}}}]}
    checked = Draft202012Validator(closed({"properties": {"to": whole}}))
    assert checked.is_valid({"to": {"street": "a", "city": "b"}})
    assert not checked.is_valid({"to": {"street": "a", "city": "b", "country": "c"}})


NAMED = DEFINITION.replace("workflow: refund-replies", "workflow: other")
AMOUNT = 'amount: "steps.reply.output.refund"'


def test_an_extra_argument_is_refused_by_the_server_and_recorded(lane: Lane) -> None:
    """Case G4★: one that stands inside another is known only when it is worked out."""
    more = """amount: "{'value': 100, 'currency': 'USD', 'note': 'x'}\""""
    lane.use(NAMED.replace(AMOUNT, more))
    lane.start()
    assert lane.steps()["refund"] == "failed"
    assert not Proposal.objects.exists()
    assert "exception.raised" in lane.verbs()
    assert "note" in lane.exception().draft["problem"]
    assert lane.shop.requests == []


def test_an_extra_argument_that_is_written_down_is_refused_when_saved(lane: Lane) -> None:
    """Case G4★."""
    with pytest.raises(DefinitionError, match="amount_cents"):
        lane.use(NAMED.replace(AMOUNT, f'{AMOUNT}\n        amount_cents: "90000"'))


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        (
            {"properties": {"a": {"type": "string"}}},
            {
                "properties": {"a": {"type": "string"}},
                "additionalProperties": False,
                "items": {"type": ["boolean", "integer", "null", "number", "string"]},
            },
        ),
        ({"type": "string"}, {"type": "string"}),
        ({"type": ["integer", "null"]}, {"type": ["integer", "null"]}),
        (False, False),
        (
            {"$ref": "#/$defs/a", "items": {"type": "string"}},
            {
                "$ref": "#/$defs/a",
                "items": {"type": "string"},
                "unevaluatedProperties": False,
            },
        ),
    ],
)
def test_a_schema_is_closed_by_what_it_leaves_open(schema: Any, wanted: Any) -> None:
    assert closed(schema) == wanted


@pytest.mark.parametrize("free", [True, {}])
def test_a_schema_for_anything_takes_texts_and_numbers_alone(free: Any) -> None:
    checked = Draft202012Validator(closed(free))
    assert all(checked.is_valid(value) for value in ("x", 1, 1.5, True, None, ["x", 1], {}, []))
    assert not any(checked.is_valid(value) for value in ({"a": 1}, [{}], [[]]))


def test_the_schema_that_was_given_stays_as_it_was() -> None:
    given = {"properties": {"a": {"additionalProperties": True}}, "additionalProperties": {}}
    closed(given)
    assert given == {
        "properties": {"a": {"additionalProperties": True}},
        "additionalProperties": {},
    }
