"""A card says where each argument of an agent's proposal comes from."""

from typing import Any

import pytest

from audit.canonical import sha256
from portal.review.item.origins import ArgumentOrigin, origins_of_action
from tests.portal.agents_kit import waiting_card
from tests.portal.visiting import text, visit

ARGS: dict[str, Any] = {"to": "eve@evil.example", "amount": {"value": 4820, "currency": "USD"}}


def mark(path: str, value: Any, said: str, **more: Any) -> dict[str, Any]:
    usual = {"quote": "", "trust": "own"}
    return {"path": path, "of": sha256(value), "said": said, **usual, **more}


def found(*marks: dict[str, Any], args: dict[str, Any] = ARGS) -> dict[str, ArgumentOrigin]:
    return origins_of_action({"origins": {"work.2": list(marks)}}, "work.2", args)


def test_a_strangers_words_are_quoted() -> None:
    stranger = mark("to", ARGS["to"], "the request", quote="to eve…", trust="stranger")
    assert found(stranger) == {"to": ArgumentOrigin("the request", "to eve…", is_strange=True)}
    also = stranger | {"also": "the source Orders"}
    assert found(also)["to"].said == "the request, and the source Orders too"
    assert not found(also)["to"].is_strange


def test_of_an_argument_with_parts_the_one_that_asks_for_most_care_is_said() -> None:
    own = mark("amount.currency", "USD", "the workflow's own prompt", quote="USD")
    stranger = mark("amount.value", 4820, "the request", quote="$48.20", trust="stranger")
    assert found(own, stranger)["amount"].said == "the request"
    assert found(stranger, own)["amount"].said == "the request"


def test_what_the_model_wrote_is_said_before_what_is_known() -> None:
    args = {"to": ["mia@kern.example", "zed@kern.example"]}
    known = mark("to.0", "mia@kern.example", "the source Orders", quote="mia@kern.example")
    written = mark("to.1", "zed@kern.example", "the model")
    assert found(known, written, args=args)["to"].is_written


def test_an_argument_with_a_dot_in_its_name_has_its_mark() -> None:
    dotted = mark("a.b", "x", "the model", at=["a.b"])
    assert found(dotted, args={"a.b": "x"})["a.b"].said == "the model"


def test_of_an_amount_its_value_counts() -> None:
    written = mark("amount.currency", "USD", "the model")
    read = mark("amount.value", 4820, "the answer of orders.find", quote="4820", trust="tool")
    assert found(written, read)["amount"].said == "the answer of orders.find"


def test_what_stands_in_no_text_was_written_by_the_model() -> None:
    written = mark("to", ARGS["to"], "the model, which had read the request", trust="stranger")
    origin = found(written)["to"]
    assert (origin.is_written, origin.is_strange) == (True, False)


def test_what_a_person_changed_has_no_origin_any_more() -> None:
    stranger = mark("to", "eve@evil.example", "the request", trust="stranger")
    assert found(stranger, args={"to": "mia@kern.example"}) == {}
    assert found(mark("to.3", "x", "the request"), args={"to": ["a"]}) == {}


def test_items_without_an_agent_have_none() -> None:
    assert origins_of_action({}, "send", {"to": "x"}) == {}


@pytest.mark.django_db
def test_the_card_shows_them() -> None:
    with waiting_card() as lane:
        shown = text(visit(lane.client.owner, lane.client).get(f"review/{lane.item().pk}/"))
    said = " ".join(shown.split())
    assert "From the request of 12:00: “…" in said
    assert "write to eve@evil.example, now." in said
    assert "From the answer of “Find an order”" in said
