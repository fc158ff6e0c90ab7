"""Tools that a definition uses, and what may come of each."""

import pytest

from tests.workflows.definitions.trust_kit import TOOLS, read
from tests.world import DEFINITION
from workflows.definitions.tool_use import UsedTool, tools_in, tools_of, used_tool, uses


def test_the_summary_says_what_the_ladder_says_of_each_tool() -> None:
    definition = read(DEFINITION.replace("tool: mail.send\n", "tool: mail.sned\n"))
    found = uses(definition, TOOLS, ["execute_with_approval"])
    assert [(u.tool.name, u.steps, u.outcome) for u in found] == [
        ("shop.refund", ("refund",), "permit"),
        ("mail.sned", ("send",), ""),
    ]
    held = uses(read(DEFINITION), TOOLS, ["draft_only"])
    assert {u.outcome for u in held} == {"refuse"}


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        (UsedTool("mail.send", "E-mail", "write", "send"), "send with E-mail (mail.send)"),
        (UsedTool("mail.send", "mail.send", "write", "send"), "send with mail.send"),
        (UsedTool("shop.stock", "Stock", "read", ""), "read with Stock (shop.stock)"),
        (UsedTool("gone", "gone", "", ""), "act with gone"),
    ],
)
def test_a_tool_is_said_by_its_kind_or_effect_and_by_its_name_once(
    tool: UsedTool, said: str
) -> None:
    assert tool.doing() == said


def test_the_tools_of_fallbacks_are_used_too_each_once_in_the_order_of_the_steps() -> None:
    plan = "    on_failure: [{tool: shop.credit}, {tool: mail.send}]\n"
    definition = read(DEFINITION.replace("  - name: refund\n", f"  - name: refund\n{plan}"))
    assert tools_of(definition) == ["shop.refund", "shop.credit", "mail.send"]
    assert tools_in(definition.step("refund")) == ["shop.refund", "shop.credit", "mail.send"]
    assert tools_in(definition.step("facts")) == []


def test_an_argument_called_tool_is_no_tool() -> None:
    definition = read(DEFINITION.replace('order: "input.order_id"', 'tool: "input.order_id"'))
    assert tools_of(definition) == ["shop.refund", "mail.send"]


def test_the_widest_outcome_of_its_steps_is_that_of_the_tool() -> None:
    act = "act: {tool: mail.send, rung: draft_only}"
    lower = f"\n  - {{name: other, {act}}}\n"
    [_, mail] = uses(read(DEFINITION + lower), TOOLS, ["execute_with_approval"])
    assert (mail.steps, mail.outcome) == (("send", "other"), "permit")


def test_an_unknown_tool_is_called_by_its_name() -> None:
    assert used_tool("nowhere.act", TOOLS) == UsedTool("nowhere.act", "nowhere.act", "", "")
    assert used_tool("mail.send", TOOLS) == TOOLS["mail.send"]
