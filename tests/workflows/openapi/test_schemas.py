"""Schemas of both versions become JSON Schemas of their own."""

from typing import Any

import pytest

from approvals.rules import schema_validation
from workflows.openapi.document import ApiDocument
from workflows.openapi.problems import DocumentError
from workflows.openapi.schemas import ANSWER, ARGUMENTS, SchemaReader
from workflows.openapi.spots import Spot


def made(schema: Any, *, old: bool = False, way: str = ARGUMENTS, **parts: Any) -> Any:
    document = {"schema": schema, "parts": parts}
    found = SchemaReader(way).read(Spot(ApiDocument(document, old), document).at("schema"))
    schema_validation.check(found)
    return found


def refused(schema: Any, **parts: Any) -> tuple[str, str]:
    with pytest.raises(DocumentError) as error:
        made(schema, **parts)
    return error.value.problem.code, error.value.problem.pointer


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        (
            {"type": "string", "nullable": True, "enum": ["a"]},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        (
            {"nullable": True, "allOf": [{"type": "string"}]},
            {"anyOf": [{"allOf": [{"type": "string"}]}, {"type": "null"}]},
        ),
        (
            {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
            {"type": "integer", "exclusiveMinimum": 1},
        ),
        (
            {"type": "integer", "maximum": 1, "exclusiveMaximum": False},
            {"type": "integer", "maximum": 1},
        ),
        ({"$ref": "#/parts/a", "description": "not said"}, {"type": "string"}),
    ],
)
def test_a_schema_of_3_0_is_said_in_todays_words(schema: Any, wanted: Any) -> None:
    assert made(schema, old=True, a={"type": "string"}) == wanted


def test_what_stands_beside_a_reference_holds_in_3_1() -> None:
    found = made({"$ref": "#/parts/a", "description": "D", "maxLength": 3}, a={"type": "string"})
    assert found == {"type": "string", "description": "D", "maxLength": 3}
    both = made({"$ref": "#/parts/a", "maxLength": 3}, a={"maxLength": 2})
    assert both == {"maxLength": 3, "allOf": [{"maxLength": 2}]}


def test_what_says_nothing_of_what_fits_is_left_out() -> None:
    odd = {"example": 1, "xml": {}, "x-a": 1, "discriminator": {}, "$comment": "", "$schema": "x"}
    assert made({"type": "string"} | odd) == {"type": "string"}


def test_each_direction_has_its_own_properties() -> None:
    schema = {
        "type": "object",
        "required": ["id", "password"],
        "properties": {"id": {"$ref": "#/parts/id"}, "password": {"writeOnly": True}},
    }
    number = {"type": "string", "readOnly": True}
    assert made(schema, id=number)["required"] == ["password"]
    assert made(schema, id=number, way=ANSWER)["required"] == ["id"]


def test_a_schema_inside_itself_is_named_with_its_place() -> None:
    tree = {"properties": {"child": {"$ref": "#/parts/tree"}}}
    place = "#/parts/tree/properties/child/$ref"
    assert refused({"$ref": "#/parts/tree"}, tree=tree) == ("circular_ref", place)


def test_the_same_schema_may_stand_at_two_places() -> None:
    found = made({"prefixItems": [{"$ref": "#/parts/a"}] * 2}, a={"type": "string"})
    assert found == {"prefixItems": [{"type": "string"}] * 2}


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ({"properties": {"a": 1}}, "wrong_shape"),
        ({"properties": []}, "wrong_shape"),
        ({"allOf": {}}, "wrong_shape"),
        ({"$dynamicRef": "#x"}, "schema"),
        ({"$ref": "https://a.example"}, "external_ref"),
    ],
)
def test_what_is_no_schema_is_named(schema: Any, code: str) -> None:
    assert refused(schema)[0] == code


def test_a_schema_that_doubles_at_each_level_is_too_large() -> None:
    parts = {f"a{n}": {"prefixItems": [{"$ref": f"#/parts/a{n + 1}"}] * 2} for n in range(25)}
    assert refused({"$ref": "#/parts/a0"}, **parts, a25=True)[0] == "too_large"
    deep: Any = True
    for _ in range(40):
        deep = {"items": deep}
    assert refused(deep)[0] == "too_deep"
