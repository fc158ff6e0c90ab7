"""Boxes of a definition's picture: apart, in order, inside it."""

from itertools import combinations

import pytest

from portal.workflows.diagram import layout
from portal.workflows.diagram.layout import Box
from tests.portal.workflows.diagram.diagram_kit import WIDE
from tests.workflows.definition_kit import parsed
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


def test_each_step_stands_in_the_layer_after_its_latest_need() -> None:
    layers = layout.layers_of(layout.units_of(WIDE))
    assert layers is not None
    assert [[sorted(unit.names) for unit in layer] for layer in layers] == [
        [["sort"]],
        [["facts"], ["orders"]],
        [["reply"]],
        [["refund", "send"]],
        [["note"]],
    ]


def test_units_that_need_each_other_have_no_layers() -> None:
    knotted = parsed("name: a, needs: [b], wait: {for: 1s}", "name: b, needs: [a], wait: {for: 1s}")
    assert layout.layers_of(layout.units_of(knotted)) is None


def test_a_unit_needs_what_is_outside_it() -> None:
    [group] = [unit for unit in layout.units_of(WIDE) if unit.group]
    assert group.needs == {"reply", "sort"}


def test_an_edge_leads_from_each_need_and_from_the_request_to_what_needs_nothing() -> None:
    drawn = parsed(
        "name: a, wait: {for: 1s}",
        "name: b, needs: [a], wait: {for: 1s}",
        "name: c, wait: {for: 1s}",
    )
    found = list(layout.edges(iter(layout.units_of(drawn))))
    assert found == [("", "a"), ("a", "b"), ("", "c")]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", ""),
        ("input.n > 1", "if input.n > 1"),
        ("steps.reply.output.text != ''", "if reply.text != ''"),
        ("a\n  && b", "if a && b"),
    ],
)
def test_a_condition_is_said_without_what_every_one_has(expression: str, said: str) -> None:
    assert layout.short_expression(expression) == said


def test_a_long_condition_is_cut_after_three_lines() -> None:
    words = " ".join(["word"] * 40)
    [step] = parsed(f"name: a, if: {words}, wait: {{for: 1s}}").steps
    lines = layout.condition(step)
    assert len(lines) == layout.PILL_LINES
    assert max(map(len, lines)) <= layout.PILL_CHARS
    assert lines[-1].endswith("…")
    assert layout.pill_height(step) == 3 * layout.PILL_LINE + 8


def test_a_step_without_a_condition_has_no_label() -> None:
    [step] = parsed("name: a, wait: {for: 1s}").steps
    assert (layout.condition(step), layout.pill_height(step)) == ([], 0)


def test_a_picture_of_one_step_is_as_large_as_its_step_with_the_request_before_it() -> None:
    picture = layout.laid_out(parsed("name: a, wait: {for: 1s}"))
    box = picture.nodes["a"]
    assert (box.w, box.h) == (layout.NODE_W, layout.NODE_H)
    assert picture.width == layout.PAD + layout.START_W + layout.GAP_X + box.w + layout.PAD
    assert picture.height == box.h + 2 * layout.PAD
    assert picture.start.middle == box.middle
