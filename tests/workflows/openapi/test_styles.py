"""Each style of a parameter is written as OpenAPI says, or refused by name."""

from typing import Any

import pytest

from tests.workflows.openapi.shop_document import one_operation, only

LISTED = {"type": "array", "items": {"type": "string"}}
FLAT = {"type": "object", "properties": {"gt": {"type": "integer"}, "lt": {"type": "integer"}}}


def read(where: str = "query", **more: Any) -> tuple[str, str]:
    given = {"name": "q", "in": where, "schema": {"type": "string"}} | more
    found = only(one_operation({"parameters": [given], "responses": {}}))
    style = found.places["q"]["style"] if found.places else ""
    return style, "".join(one.code for one in found.problems)


@pytest.mark.parametrize(
    ("where", "given", "style"),
    [
        ("query", {}, "repeated"),
        ("query", {"schema": LISTED}, "repeated"),
        ("query", {"schema": LISTED, "explode": False}, "commas"),
        ("query", {"schema": LISTED, "style": "pipeDelimited"}, "pipes"),
        ("query", {"schema": LISTED, "style": "spaceDelimited"}, "spaces"),
        ("query", {"schema": LISTED, "style": "pipeDelimited", "explode": True}, "repeated"),
        ("query", {"schema": FLAT, "style": "deepObject", "explode": True}, "deep"),
        ("query", {"schema": {}, "style": "deepObject"}, "deep"),
        (
            "query",
            {"schema": {"anyOf": [FLAT, {"type": "integer"}]}, "style": "deepObject"},
            "deep",
        ),
        ("header", {"schema": LISTED}, "commas"),
        ("cookie", {}, "commas"),
    ],
)
def test_a_style_says_how_a_value_is_written(where: str, given: dict[str, Any], style: str) -> None:
    assert read(where, **given) == (style, "")


@pytest.mark.parametrize(
    ("where", "given"),
    [
        ("query", {"style": "matrix"}),
        ("header", {"style": "pipeDelimited"}),
        ("cookie", {"style": "deepObject", "schema": FLAT}),
        ("cookie", {"schema": LISTED}),
        ("cookie", {"schema": FLAT}),
        ("query", {"schema": FLAT}),
        ("query", {"schema": {"anyOf": [FLAT, {"type": "string"}]}}),
        ("query", {"style": "deepObject"}),
        ("query", {"style": "deepObject", "schema": LISTED}),
        (
            "query",
            {"style": "deepObject", "schema": {"type": "object", "properties": {"a": LISTED}}},
        ),
        ("query", {"style": "deepObject", "schema": {"type": "object", "properties": {"a": FLAT}}}),
    ],
)
def test_a_style_from_which_no_value_can_be_read_back_is_refused(
    where: str, given: dict[str, Any]
) -> None:
    assert read(where, **given) == ("", "unsupported_style")
