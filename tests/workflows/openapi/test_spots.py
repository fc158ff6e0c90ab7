"""References inside a document are followed; others are named with their place."""

from typing import Any

import pytest

from workflows.openapi.document import ApiDocument
from workflows.openapi.problems import DocumentError
from workflows.openapi.spots import Spot


def spot(value: Any, *names: str | int) -> Spot:
    return Spot(ApiDocument(value, is_old=False), value).at(*names)


def refused(found: Spot) -> tuple[str, str]:
    with pytest.raises(DocumentError) as error:
        found.followed()
    return error.value.problem.code, error.value.problem.pointer


def test_a_reference_leads_to_a_value_and_its_place() -> None:
    value = {"a": {"$ref": "#/b"}, "b": {"$ref": "#/c~1d/1/e%20f"}, "c/d": [0, {"e f": {"x": 1}}]}
    found = spot(value, "a").followed()
    assert (found.value, found.pointer) == ({"x": 1}, "#/c~1d/1/e f")
    assert found.at("x").pointer == "#/c~1d/1/e f/x"


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("other.yaml#/a", "external_ref"),
        ("https://example.com/a.json", "external_ref"),
        ("#/nothing", "missing_ref"),
        ("#anchor", "missing_ref"),
        ("#/list/9", "missing_ref"),
        ("#/list/²", "missing_ref"),
    ],
)
def test_a_reference_to_elsewhere_is_named_with_its_place(reference: str, code: str) -> None:
    value = {"a": {"$ref": "#/b"}, "b": {"$ref": reference}, "list": [1]}
    assert refused(spot(value, "a")) == (code, "#/b/$ref")


def test_a_circle_is_named_where_it_closes() -> None:
    value = {"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}
    assert refused(spot(value, "a")) == ("circular_ref", "#/a/$ref")


def test_a_chain_of_references_ends() -> None:
    value = {f"a{n}": {"$ref": f"#/a{n + 1}"} for n in range(100)}
    assert refused(spot(value, "a0"))[0] == "too_deep"


def test_members_and_items_want_objects_and_lists() -> None:
    value = {"a": {"b": 1}, "c": [2]}
    assert [(name, one.value) for name, one in spot(value).members("a")] == [("b", 1)]
    assert [one.pointer for one in spot(value).items("c")] == ["#/c/0"]
    assert list(spot(value).members("none")) == list(spot(value).items("none")) == []
    with pytest.raises(DocumentError, match=r"An object belongs here. \(#/c\)"):
        list(spot(value).members("c"))
    with pytest.raises(DocumentError, match=r"A list belongs here. \(#/a\)"):
        list(spot(value).items("a"))
