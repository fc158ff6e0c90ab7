"""Pins are over all that a server says; what changed is told part by part."""

from dataclasses import replace
from typing import Any

import pytest

from workflows.mcp.offers import OfferedTool, ServerOffer, changes_between, renamed_from

LOOK = OfferedTool("look", "Look", "Looks.", {"type": "object"}, {"type": "object"}, {"a": True})
OFFER = ServerOffer("https://shop.example/mcp", "https://id.example", "Be kind.", (LOOK,), "r", "s")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "look2"},
        {"title": "look"},
        {"description": "Looks. "},
        {"input_schema": {"type": "object", "properties": {}}},
        {"output_schema": None},
        {"annotations": {"a": 1}},
    ],
)
def test_each_part_of_a_tool_is_in_its_pin_and_in_that_of_the_set(change: dict[str, Any]) -> None:
    """G6"""
    changed = replace(LOOK, **change)
    now = replace(OFFER, tools=(changed,))
    assert now.pin_of(changed) != OFFER.pin_of(LOOK)
    assert now.pin() != OFFER.pin()
    assert len(changes_between(OFFER, LOOK, now, changed)) == 1


@pytest.mark.parametrize("part", ["place", "issuer", "instructions"])
def test_each_part_of_a_server_is_in_every_pin(part: str) -> None:
    now = replace(OFFER, **{part: "another"})
    assert now.pin_of(LOOK) != OFFER.pin_of(LOOK)
    assert now.pin() != OFFER.pin()
    (found,) = changes_between(OFFER, LOOK, now, LOOK)
    assert (found.before, found.after) == (getattr(OFFER, part), "another")


def test_a_new_release_and_another_order_change_no_pin() -> None:
    more = replace(LOOK, name="more")
    both = replace(OFFER, tools=(LOOK, more))
    turned = replace(both, tools=(more, LOOK), revision="r2", software="s2")
    assert turned.pin() == both.pin()
    assert turned.pin_of(LOOK) == OFFER.pin_of(LOOK)
    assert both.pin() != OFFER.pin()


def test_an_offer_is_kept_as_json() -> None:
    assert ServerOffer.from_json(OFFER.as_json()) == OFFER
    assert OFFER.tool("look") == LOOK
    assert OFFER.tool("other") is None


def test_a_tool_under_another_name_is_known_again() -> None:
    assert renamed_from(replace(LOOK, name="peek"), [LOOK]) == LOOK
    assert renamed_from(replace(LOOK, name="peek", title="Peek"), [LOOK]) is None
