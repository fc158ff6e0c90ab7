"""Parameters and bodies become arguments with names of their own and places."""

from typing import Any

import pytest

from tests.workflows.openapi.shop_document import one_operation, only
from workflows.openapi.operations import ApiOperation


def parameter(name: str, where: str = "query", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "schema": {"type": "string"}} | more


def body(schema: Any, *, required: bool = True, kind: str = "application/json") -> dict[str, Any]:
    return {"required": required, "content": {kind: {"schema": schema}}}


def read(*parameters: Any, **more: Any) -> ApiOperation:
    return only(one_operation({"parameters": list(parameters), "responses": {}} | more))


def codes(operation: ApiOperation) -> list[tuple[str, str]]:
    return [(one.code, one.pointer) for one in operation.problems]


PLACE = "#/paths/~1things/post"
FIELDS = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": True}}


def test_each_argument_has_its_place() -> None:
    listed = {"type": "array", "items": {"type": "string"}}
    found = read(
        parameter("q", required=True),
        parameter("ids", schema=listed),
        parameter("tags", schema=listed, explode=False),
        parameter("filter", content={"application/json": {"schema": {"type": "object"}}}),
        parameter("X-Reason", "header"),
        requestBody=body(FIELDS),
    )
    assert found.problems == ()
    assert found.places == {
        "q": {"in": "query", "name": "q", "style": "repeated"},
        "ids": {"in": "query", "name": "ids", "style": "repeated"},
        "tags": {"in": "query", "name": "tags", "style": "commas"},
        "filter": {"in": "query", "name": "filter", "style": "json"},
        "X_Reason": {"in": "header", "name": "X-Reason", "style": "commas"},
        "a": {"in": "body", "name": "a"},
        "b": {"in": "body", "name": "b"},
    }
    assert found.args_schema["required"] == ["q", "a"]
    assert found.args_schema["additionalProperties"] is False


def test_a_name_that_two_places_have_says_its_place() -> None:
    found = read(
        parameter("id"),
        parameter("id", "header"),
        parameter("filter[a]"),
        parameter("filter(a)"),
        parameter("query_id"),
        parameter("2nd"),
        parameter("%%"),
        requestBody=body({"type": "object", "properties": {"id": {"type": "integer"}}}),
    )
    names = [
        *("query_id_2", "header_id", "query_filter_a", "query_filter_a_2", "query_id", "_2nd"),
        *("argument", "body_id"),
    ]
    assert list(found.places) == names
    assert [place["name"] for place in found.places.values()] == [
        *("id", "id", "filter[a]", "filter(a)", "query_id", "2nd", "%%", "id")
    ]


def test_a_header_for_the_key_is_no_argument() -> None:
    found = read(parameter("Idempotency-Key", "header"), parameter("Authorization", "header"))
    assert (found.places, found.idempotency_header) == ({}, "Idempotency-Key")


def test_an_operations_parameter_takes_the_place_of_its_paths() -> None:
    document = one_operation({"parameters": [parameter("q", description="own")], "responses": {}})
    document["paths"]["/things"]["parameters"] = [parameter("q"), parameter("r")]
    found = only(document)
    assert list(found.places) == ["q", "r"]
    assert found.args_schema["properties"]["q"]["description"] == "own"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (parameter("q q", "cookie"), ("unsupported_parameter", f"{PLACE}/parameters/0")),
        (parameter("Host", "header"), ("unsupported_parameter", f"{PLACE}/parameters/0")),
        (parameter("a b", "header"), ("unsupported_parameter", f"{PLACE}/parameters/0")),
        ({"schema": {}}, ("unsupported_parameter", f"{PLACE}/parameters/0")),
        (parameter("q", style="deepObject"), ("unsupported_style", f"{PLACE}/parameters/0")),
        (parameter("q", "header", style="matrix"), ("unsupported_style", f"{PLACE}/parameters/0")),
        (parameter("q", schema={"type": "object"}), ("unsupported_style", f"{PLACE}/parameters/0")),
        (parameter("q", schema=None), ("wrong_shape", f"{PLACE}/parameters/0")),
        (parameter("q", content={"a/b": {}}), ("unsupported_parameter", f"{PLACE}/parameters/0")),
        ({"$ref": "a.yaml"}, ("external_ref", f"{PLACE}/parameters/0/$ref")),
        (parameter("q", "path"), ("path_parameter", PLACE)),
        (parameter("q", schema={"type": "strange"}), ("schema", PLACE)),
        (parameter("q", schema={"pattern": "("}), ("schema", PLACE)),
        ("odd", ("unsupported_parameter", f"{PLACE}/parameters/0")),
    ],
)
def test_a_parameter_that_can_not_be_filled_is_named(given: Any, problem: tuple[str, str]) -> None:
    assert codes(read(given)) == [problem]


def test_a_path_without_its_parameter_is_named() -> None:
    document = one_operation({})
    document["paths"] = {"/a/{id}": {"get": {"responses": {}}}}
    assert codes(only(document)) == [("path_parameter", "#/paths/~1a~1{id}/get")]


@pytest.mark.parametrize(
    ("schema", "required", "names"),
    [
        (FIELDS, True, ["a", "b"]),
        (FIELDS, False, ["body"]),  # it may be left out as a whole
        (FIELDS | {"required": []}, False, ["a", "b"]),
        ({"allOf": [FIELDS, {"properties": {"c": True}}]}, True, ["a", "b", "c"]),
        ({"allOf": [FIELDS, {"properties": {"a": True}}]}, True, ["body"]),
        ({"oneOf": [FIELDS]}, True, ["body"]),
        ({"type": "array", "items": FIELDS}, True, ["body"]),
        ({"type": "object"}, True, ["body"]),
        ({"type": "object", "required": ["z"], "properties": {"a": True}}, True, ["body"]),
        (FIELDS | {"minProperties": 2}, True, ["body"]),
        (True, True, ["body"]),
    ],
)
def test_a_body_of_plain_fields_is_spread(schema: Any, required: bool, names: list[str]) -> None:
    found = read(requestBody=body(schema, required=required))
    assert (list(found.places), found.problems) == (names, ())


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"content": {}}, ("missing_body", f"{PLACE}/requestBody")),
        ({}, ("missing_body", f"{PLACE}/requestBody")),
        (
            {"content": {"application/json": {}}},
            ("missing_body", f"{PLACE}/requestBody/content/application~1json"),
        ),
        (
            body({"type": "object"}, kind="application/xml"),
            ("unsupported_body", f"{PLACE}/requestBody/content"),
        ),
        (
            body({"type": "string"}, kind="application/x-www-form-urlencoded"),
            (
                "unsupported_body",
                f"{PLACE}/requestBody/content/application~1x-www-form-urlencoded",
            ),
        ),
        ({"$ref": "#/none"}, ("missing_ref", f"{PLACE}/requestBody/$ref")),
        (7, ("missing_body", f"{PLACE}/requestBody")),
    ],
)
def test_a_body_that_can_not_be_sent_is_named(given: Any, problem: tuple[str, str]) -> None:
    assert codes(read(requestBody=given))[:1] == [problem]


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("application/json; charset=utf-8", "application/json"),
        ("application/merge-patch+json", "application/merge-patch+json"),
        ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded"),
        ("*/*", "application/json"),
    ],
)
def test_json_and_plain_forms_can_be_sent(kind: str, sent: str) -> None:
    assert read(requestBody=body(FIELDS, kind=kind)).content_type == sent


def test_too_many_arguments_are_named() -> None:
    found = read(*(parameter(f"q{n}") for n in range(201)))
    assert codes(found) == [("too_large", PLACE)]


FILE_FIELDS = {
    "a": {"type": "string"},
    "scan": {"type": "string", "format": "binary"},
    "pages": {"type": "array", "items": {"contentMediaType": "image/png"}},
}


def test_a_form_of_parts_is_sent_without_its_files() -> None:
    schema = {"type": "object", "required": ["a"], "properties": FILE_FIELDS}
    found = read(requestBody=body(schema, kind="multipart/form-data; x=y"))
    assert (found.problems, found.content_type) == ((), "multipart/form-data")
    assert found.places == {"a": {"in": "body", "name": "a"}}
    assert "No file can be sent, so its form has no pages, scan." in found.notes


def test_a_form_that_needs_a_file_is_named() -> None:
    schema = {"type": "object", "required": ["scan"], "properties": FILE_FIELDS}
    found = read(requestBody=body(schema, kind="multipart/form-data"))
    where = f"{PLACE}/requestBody/content/multipart~1form-data"
    assert codes(found) == [("unsupported_body", where)]
    assert "needs a file in scan" in found.problems[0].message


def test_of_several_kinds_of_body_json_is_sent_then_a_plain_form() -> None:
    kinds = ["multipart/form-data", "application/x-www-form-urlencoded", "application/json"]
    for number in (3, 2, 1):
        content = {kind: {"schema": FIELDS} for kind in kinds[:number]}
        found = read(requestBody={"required": True, "content": content})
        assert found.content_type == kinds[number - 1]
