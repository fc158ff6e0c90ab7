"""Settings of an action: its arguments, and what is wrong with them."""

from typing import Any

import pytest

from approvals.rules.never import Known
from tenants.errors import Invalid
from tests.workflows.definition_kit import parsed
from workflows.definitions.world import World
from workflows.steps import act
from workflows.steps.act import Settings
from workflows.steps.results import SettingsMistake

WORLD = World({}, {"mail.send": Known("mail.send", "send", frozenset({"to", "body"}))})
NAMES = {"input": {"to": "mia@c.example", "n": 2}, "steps": {}}


def mistakes(settings: str, *others: str, world: World = WORLD) -> list[SettingsMistake]:
    definition = parsed(f"name: a, act: {settings}", *others)
    step = definition.steps[0]
    return list(act.check(step.settings, definition, step, world))


def test_every_text_in_the_arguments_is_an_expression_with_its_path() -> None:
    args = {"to": "input.to", "lines": [{"n": "1"}, "2"], "count": 3}
    assert list(act.expressions_in(Settings(tool="t", args=args))) == [
        (("args", "to"), "input.to"),
        (("args", "lines", 0, "n"), "1"),
        (("args", "lines", 1), "2"),
    ]


def test_arguments_that_fit_their_tool_are_no_mistake() -> None:
    assert mistakes("{tool: mail.send, args: {to: input.to}}") == []


def test_a_tool_that_is_not_there_is_named_beside_those_that_are() -> None:
    said = "There is no tool called mail.sned. There are: mail.send."
    assert mistakes("{tool: mail.sned}") == [SettingsMistake(("tool",), said)]
    none = "There is no tool called mail.send. There are: none yet."
    assert mistakes("{tool: mail.send}", world=World({}, {})) == [SettingsMistake(("tool",), none)]


def test_an_argument_that_the_tool_does_not_take_is_named() -> None:
    assert mistakes("{tool: mail.send, args: {to: input.to, cc: input.cc, bcc: input.b}}") == [
        SettingsMistake(("args", "bcc"), "mail.send takes no argument bcc."),
        SettingsMistake(("args", "cc"), "mail.send takes no argument cc."),
    ]


def test_a_result_of_the_same_group_is_not_known_yet() -> None:
    settings = "{tool: mail.send, group: g, args: {body: steps.b.output.id}}"
    said = "b is in the same group, so its result isn't known yet."
    inside = "name: b, act: {tool: mail.send, group: g}"
    assert mistakes(settings, inside) == [SettingsMistake(("args", "body"), said)]
    assert mistakes(settings, "name: b, act: {tool: mail.send, group: h}") == []
    assert mistakes(settings.replace(", group: g", ""), "name: b, act: {tool: mail.send}") == []


@pytest.mark.parametrize(
    ("args", "worked_out"),
    [
        ({}, {}),
        ({"to": "input.to"}, {"to": "mia@c.example"}),
        ({"n": "input.n + 1", "m": 5}, {"n": 3, "m": 5}),
        ({"lines": ["input.n", {"a": "'x'"}], "none": None}, {"lines": [2, {"a": "x"}],
                                                               "none": None}),
    ],
)  # fmt: skip
def test_arguments_are_worked_out_wherever_they_stand(
    args: dict[str, Any], worked_out: dict[str, Any]
) -> None:
    assert act.tool_arguments(Settings(tool="t", args=args), NAMES) == worked_out


def test_an_argument_that_can_not_be_worked_out_is_refused() -> None:
    with pytest.raises(Invalid):
        act.tool_arguments(Settings(tool="t", args={"to": "input.nothing"}), NAMES)
