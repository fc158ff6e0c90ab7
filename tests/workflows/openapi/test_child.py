"""The program that reads a document says what is in it, within limits."""

import json
from dataclasses import replace

import pytest

from tests.workflows.openapi.shop_document import SHOP, operations_of, shop_document
from workflows.openapi import child
from workflows.openapi.operations import ApiOperation
from workflows.openapi.problems import DocumentError


def operations(text: str, base: str = "", location: str = "") -> list[ApiOperation]:
    first, *others = map(json.loads, child.said_of(text, base, location))
    assert set(first) == {"title"}
    return [ApiOperation.from_json(one) for one in others]


def test_each_operation_is_said_as_it_is_read() -> None:
    found = operations(json.dumps(SHOP))
    assert {one.key: one for one in found} == operations_of(SHOP)


@pytest.mark.parametrize(
    ("servers", "base", "url"),
    [
        ([{"url": "v2"}], "", "https://docs.example/api/v2"),
        ([{"url": "/v2"}], "", "https://docs.example/v2"),
        ([], "", "https://docs.example"),
        ([], "https://shop.example/x", "https://shop.example/x"),
        ([{"url": "/v2"}], "https://shop.example/x", "https://shop.example/v2"),
        ([{"url": "https://shop.example"}], "", "https://shop.example"),
    ],
)
def test_a_server_is_where_the_document_is(
    servers: list[dict[str, str]], base: str, url: str
) -> None:
    """OpenAPI 3.1, 4.8.5: relative to the document, and at the root where none is named."""
    document = json.dumps(shop_document() | {"servers": servers})
    found = operations(document, base, "https://docs.example/api/openapi.json?v=1")
    assert {one.url for one in found if one.path == "/orders"} == {f"{url}/orders"}


def test_answers_that_are_too_large_are_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {key: len(json.dumps(one.as_json())) for key, one in operations_of(SHOP).items()}
    bare = {
        key: len(json.dumps(replace(one, answers={}).as_json()))
        for key, one in operations_of(SHOP).items()
    }
    largest = max(sizes, key=sizes.__getitem__)
    monkeypatch.setattr(child, "LARGEST_OPERATION", max(bare.values()) + len(child.UNCHECKED) + 4)
    found = {one.key: one for one in operations(json.dumps(SHOP))}
    assert found[largest].answers == {}
    assert child.UNCHECKED in found[largest].notes
    monkeypatch.setattr(child, "LARGEST_OPERATION", 100)
    for one in operations(json.dumps(SHOP)):
        assert [problem.code for problem in one.problems] == ["too_large"]


def test_too_much_together_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "LARGEST", 2000)
    with pytest.raises(DocumentError, match="too large together"):
        operations(json.dumps(SHOP))
