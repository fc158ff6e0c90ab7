"""Whole documents: the sample shop, Handrail's own, and those with one thing wrong."""

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.workflows.openapi.shop_document import (
    SHOP,
    one_operation,
    only,
    operations_of,
    shop_document,
)
from workflows.openapi import operations
from workflows.openapi.document import SMALL, read_document
from workflows.openapi.operations import read_operations
from workflows.openapi.problems import DocumentError

FINE = {"operationId": "makeThing", "responses": {}}


def test_the_shop_is_read_whole() -> None:
    found = operations_of(SHOP)
    assert list(found) == [
        "GET /orders",
        "GET /orders/{order}",
        "POST /orders/{order}/refunds",
        "DELETE /refunds/{id}",
    ]
    assert all(one.problems == () and one.notes == () for one in found.values())
    refund = found["POST /orders/{order}/refunds"]
    assert refund.url == "https://shop.example/v1/orders/{order}/refunds"
    assert refund.summary == "Refund an order"
    assert refund.credential == {"in": "header", "name": "X-Api-Key"}
    assert refund.idempotency_header == "Idempotency-Key"
    assert list(refund.places) == ["path_order", "X_Reason", "amount", "body_order"]
    assert refund.args_schema["required"] == ["path_order", "amount"]
    assert refund.answers["201"]["required"] == ["id"]
    listed = found["GET /orders"].answers["200"]
    assert listed["items"]["properties"]["total"] == {"type": "integer"}


def test_handrails_own_document_is_read_whole(tmp_path: Path) -> None:
    """As ``manage.py spectacular`` writes it, in YAML. It names no server."""
    path = tmp_path / "schema.yaml"
    call_command("spectacular", file=str(path))
    text = path.read_text()
    assert {p.code for one in operations_of(text).values() for p in one.problems} == {"no_server"}
    found = operations_of(text, "https://handrail.example")
    assert len(found) >= 10
    assert {key: one.problems for key, one in found.items() if one.problems} == {}
    assert {key: one.notes for key, one in found.items() if one.notes} == {}
    start = found["POST /api/v1/runs"]
    assert (start.url, start.credential) == (
        "https://handrail.example/api/v1/runs",
        {"in": "bearer"},
    )
    assert start.idempotency_header == "Idempotency-Key"
    assert {"workflow", "input"} <= start.places.keys()
    assert found["GET /api/v1/runs/{id}"].answers["200"]["type"] == "object"


@pytest.mark.parametrize(
    ("servers", "base", "url"),
    [
        ([{"url": "https://a.example/"}], "", "https://a.example/things"),
        ([{"url": "/v2"}], "https://b.example/docs/", "https://b.example/v2/things"),
        ([{"url": "v2"}], "https://b.example/docs/", "https://b.example/docs/v2/things"),
        ([], "https://b.example", "https://b.example/things"),
        (
            [{"url": "https://{r}.example/{v}", "variables": {"r": {"default": "eu"}, "v": 1}}],
            "",
            "bad_server",
        ),
        (
            [{"url": "https://{r}.example", "variables": {"r": {"default": "eu"}}}],
            "",
            "https://eu.example/things",
        ),
        ([{"url": "/v2"}], "", "relative_server"),
        ([], "", "no_server"),
        ([{}], "", "relative_server"),
        ([{"url": "ftp://a.example"}], "", "bad_server"),
        ([{"url": "https://a:b@c.example"}], "", "bad_server"),
        ([{"url": "https://a.example/?key=1"}], "", "bad_server"),
        ("odd", "", "relative_server"),
        ([{"url": "http://[odd"}], "", "bad_server"),
        ([{"url": "//[odd"}], "https://b.example", "bad_server"),
        ([{"url": "https://a\u2100b.example"}], "", "bad_server"),
        ([{"url": "https://a.example/" + "a" * 2000}], "", "bad_server"),
        ([{"url": "v2"}], "http://[odd", "bad_server"),
        (
            [
                {
                    "url": "https://a.example/" + "{a}" * 300,
                    "variables": {
                        "a": {"default": "{b}" * 90_000},
                        "b": {"default": "c" * 90_000},
                    },
                }
            ],
            "",
            "bad_server",
        ),
    ],
)
def test_the_server_of_an_operation(servers: Any, base: str, url: str) -> None:
    found = only(one_operation(FINE, servers=servers), base)
    assert url in (found.url, *(one.code for one in found.problems))
    if found.problems:
        assert found.problems[0].pointer.startswith("#/servers")


def test_an_operations_own_server_comes_first() -> None:
    own = {"servers": [{"url": "https://own.example"}]}
    assert only(one_operation(FINE | own)).url == "https://own.example/things"


def test_an_operation_without_an_id_is_named_after_its_method_and_path() -> None:
    document = one_operation({"responses": {}})
    document["paths"]["/things/"] = {"post": {"responses": {}}}
    first, second = operations_of(document).values()
    assert (first.operation_id, second.operation_id) == ("post_things", "post_things_2")
    assert "no operationId" in first.notes[0]
    assert "called post_things too" in second.notes[1]


def test_a_deprecated_operation_says_so() -> None:
    found = only(one_operation(FINE | {"deprecated": True}))
    assert found.notes == ("The document says that it is deprecated.",)


def test_an_answer_that_can_not_be_checked_is_said_and_keeps_nothing_back() -> None:
    tree = {"properties": {"child": {"$ref": "#/components/schemas/Tree"}}}
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}}
    operation = FINE | {"responses": {"200": answer, "404": {"$ref": "gone.yaml"}}}
    found = only(one_operation(operation, components={"schemas": {"Tree": tree}}))
    assert (found.problems, found.answers) == ((), {})
    assert "Its answer 200 is not checked: $ref leads in a circle" in found.notes[0]


def test_a_default_answer_counts_only_where_no_other_is_described() -> None:
    schema = {"content": {"application/json": {"schema": {"type": "object"}}}}
    of_all = only(one_operation(FINE | {"responses": {"default": schema}}))
    assert list(of_all.answers) == ["default"]
    named = only(one_operation(FINE | {"responses": {"2xx": schema, "default": schema}}))
    assert list(named.answers) == ["2XX"]


@pytest.mark.parametrize(
    ("security", "credential"),
    [
        ([{"key": []}], {"in": "query", "name": "token"}),
        ([{"oauth": ["a"]}], {"in": "bearer"}),
        ([{"basic": []}], {}),
        ([{"gone": []}], {}),
        ([], {}),
        ("odd", {}),
    ],
)
def test_the_place_of_a_credential_is_suggested(security: Any, credential: dict[str, str]) -> None:
    schemes = {
        "key": {"type": "apiKey", "in": "query", "name": "token"},
        "oauth": {"type": "oauth2"},
        "basic": {"type": "http", "scheme": "basic"},
    }
    document = one_operation(FINE, security=security, components={"securitySchemes": schemes})
    assert only(document).credential == credential


def test_a_document_without_operations_or_with_too_many_is_refused() -> None:
    for paths in ({}, {"/a": {}}, {"x-a": {"get": {}}}, {"/a": 7}):
        with pytest.raises(DocumentError) as error:
            operations_of(one_operation(FINE) | {"paths": paths})
        assert error.value.problem.code == "no_operations"
    paths = {f"/{number}": {"get": FINE} for number in range(SMALL.operations + 1)}
    with pytest.raises(DocumentError, match="more than"):
        operations_of(one_operation(FINE) | {"paths": paths})


@pytest.mark.parametrize("types", [5, ["string", {}], [{}], [["object"]], {}])
def test_types_of_another_shape_are_a_problem_of_their_operation(types: Any) -> None:
    schema = {"type": types}
    query = {"parameters": [{"name": "a", "in": "query", "schema": schema}]}
    media = {"application/json": {"schema": {"type": "object", "properties": {"a": schema}}}}
    for one in (query, {"requestBody": {"content": media}}):
        assert only(one_operation(FINE | one)).problems
    assert only(one_operation({"responses": {"200": {"content": media}}})).notes


def test_a_part_that_nobody_thought_of_is_a_problem_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise TypeError("unhashable")

    monkeypatch.setattr(operations, "find_arguments", broken)
    [problem] = only(one_operation(FINE)).problems
    assert (problem.code, problem.pointer) == ("wrong_shape", "#/paths/~1things/post")


def test_patterns_that_take_long_to_read_end_the_checks() -> None:
    schemas = [{"type": "string", "pattern": rf"(\pL{{30}}{n}){{33}}"} for n in range(100)]
    answers = {
        str(200 + n): {"description": "", "content": {"application/json": {"schema": one}}}
        for n, one in enumerate(schemas)
    }
    text = json.dumps(one_operation({"responses": answers}))
    [found] = read_operations(read_document(text, replace(SMALL, seconds=0.3)))
    assert "can't be used" in found.notes[0]
    assert "schemas of the document are too large" in found.notes[-2]


def test_long_names_are_cut_or_refused() -> None:
    assert len(only(one_operation(FINE | {"operationId": "a" * 90_000})).operation_id) == 200
    document = one_operation(FINE)
    document["paths"]["/" + "a" * 2000] = {"get": FINE}
    with pytest.raises(DocumentError) as error:
        operations_of(document)
    assert error.value.problem.code == "too_large"


def test_one_operation_with_a_problem_leaves_the_others_as_they_are() -> None:
    document = shop_document()
    document["paths"]["/odd"] = {"get": {"requestBody": {}}, "put": 7}
    document["paths"]["/b c"] = {"get": FINE}
    found = operations_of(document)
    wrong = [key for key, one in found.items() if one.problems]
    assert wrong == ["GET /odd", "PUT /odd", "GET /b c"]


def test_a_short_document_that_repeats_itself_is_too_large() -> None:
    """DESIGN rule 16a: what ``$ref`` makes large is counted, too."""
    fields = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(400)}}
    media = {"application/json": {"schema": {"$ref": "#/components/schemas/Big"}}}
    many = [{"name": f"q{n}", "in": "query", "content": media} for n in range(190)]
    components = {"schemas": {"Big": fields}, "many": many}
    operation = FINE | {"parameters": {"$ref": "#/components/many"}}
    document = one_operation(operation, components=components)
    document["paths"] |= {f"/{n}": copy.deepcopy(document["paths"]["/things"]) for n in range(40)}
    found = operations_of(document)
    assert {p.code for one in found.values() for p in one.problems} == {"too_large"}
