"""Boxes of a definition's picture: apart, in order, inside it."""

from itertools import combinations

import pytest

from portal.workflows.diagram import layout
from portal.workflows.diagram.layout import Box
from tests.portal.workflows.diagram.diagram_kit import WIDE
from tests.world import DEFINITION
from workflows.definitions.definition import Definition
from workflows.validation.parse import parse


def apart(one: Box, other: Box) -> bool:
    return (
        one.x + one.w <= other.x
        or other.x + other.w <= one.x
        or one.y + one.h <= other.y
        or other.y + other.h <= one.y
    )


@pytest.mark.parametrize("drawn", [parse(DEFINITION)[0], WIDE])
def test_steps_stand_apart_after_what_they_need_and_inside_the_picture(drawn: Definition) -> None:
    picture = layout.laid_out(drawn)
    for one, other in combinations(picture.nodes.values(), 2):
        assert apart(one, other)
    for step in drawn.steps:
        box = picture.nodes[step.name]
        assert box.x >= 0
        assert box.x + box.w <= picture.width
        assert box.y >= 0
        assert box.y + box.h <= picture.height
        for need in step.head.needs:
            before = picture.nodes[need]
            assert before.x + before.w <= box.x or before.y + before.h <= box.y


def test_actions_of_one_group_stand_in_one_box_and_nothing_else_does() -> None:
    picture = layout.laid_out(WIDE)
    [(name, group)] = picture.groups
    inside = {step for step, box in picture.nodes.items() if not apart(box, group)}
    assert (name, inside) == ("answer", {"refund", "send"})


def test_an_edge_that_skips_a_layer_passes_between_the_steps() -> None:
    picture = layout.laid_out(WIDE)
    lanes = picture.lanes["sort", "send"]
    assert len(lanes) == 2
    assert all(apart(lane, box) for lane in lanes for box in picture.nodes.values())
