"""Drills of routed models, of agents and their tools, of lists and of groups."""

import pytest

from approvals.models import Tool
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, SEND, definition
from tests.workflows.engine.agent_kit import add_finder, agent_text
from tests.workflows.engine.calls.routes_kit import VALUE, with_fallbacks
from tests.workflows.routing.routing_kit import let_hold
from workflows.drill.rows import DrillRow
from workflows.drill.runner import drill_target, drill_targets
from workflows.models import Version

NAMES = ("openai/first", "openai/second", "openai/third")


def drilled(lane: Lane, step: str = "") -> list[DrillRow]:
    version = Version.objects.get(pk=lane.workflow.live_id)
    targets = [one for one in drill_targets(version) if not step or one.step == step]
    return [row for target in targets for row in drill_target(version, target)]


def short(rows: list[DrillRow]) -> list[tuple[str, str, str, str]]:
    return [(row.name, row.way, row.happened, row.status.value) for row in rows]


def test_each_model_of_the_providers_table_is_shown_before_the_definitions_fallbacks(
    lane: Lane,
) -> None:
    deployments = [{"name": one, "title": one, "sees": "personal"} for one in NAMES]
    let_hold({"deployments": deployments, "rows": [{"use": list(NAMES)}]}, lane.world.admin)
    lane.use(with_fallbacks(VALUE))
    first, second, third = NAMES
    assert short(drilled(lane, "reply")) == [
        (first, "unreachable", f"Tried once, then {second} answered.", "shown"),
        (first, "unreachable", f"Tried once, then {third} answered.", "shown"),
        (first, "unreachable", "Tried 3 times, then it went on with the fixed value.", "shown"),
        (first, "refused", f"Tried once, then {second} answered.", "shown"),
        (first, "late", f"Tried once, then {second} answered.", "shown"),
        (first, "unfit", f"Tried 2 times, then {second} answered.", "shown"),
    ]


def test_a_stronger_model_of_the_table_is_asked_for_an_answer_that_fits(lane: Lane) -> None:
    strengths = zip(NAMES, ("standard", "standard", "strong"), strict=True)
    deployments = [
        {"name": name, "title": name, "sees": "personal", "strength": strength}
        for name, strength in strengths
    ]
    let_hold({"deployments": deployments, "rows": [{"use": list(NAMES)}]}, lane.world.admin)
    lane.use(with_fallbacks(VALUE))
    [row] = [row for row in drilled(lane, "reply") if row.way == "unfit"]
    strong = NAMES[2]
    assert row.declared.endswith(f"another model of the provider’s table, {strong}, is asked.")
    assert short([row])[0][2:] == (f"Tried 2 times, then {strong} answered.", "shown")


def test_an_answer_that_does_not_fit_is_tried_again_where_the_policy_says_so(lane: Lane) -> None:
    told = REPLY.replace(
        "    generate:", "    retry: {attempts: 3, on: [bad_answer]}\n    generate:"
    )
    lane.use(definition(told, model="openai/main", slug="told"))
    [row] = [row for row in drilled(lane, "reply") if row.way == "unfit"]
    assert short([row])[0][2:] == ("Tried 3 times, then a person was asked.", "undeclared")


@pytest.fixture
def agent_lane(lane: Lane) -> Lane:
    add_finder(lane)
    lane.use(agent_text())
    return lane


def test_an_agents_model_and_each_of_its_tools_fail(agent_lane: Lane) -> None:
    told, asked = "then the agent was told, and went on.", "then a person was asked."
    assert [
        (*row[:2], row[2].partition(", ")[2], row[3]) for row in short(drilled(agent_lane))
    ] == [
        ("openai/scripted", "unreachable", asked, "undeclared"),
        ("openai/scripted", "refused", asked, "undeclared"),
        ("openai/scripted", "late", asked, "undeclared"),
        ("orders.find", "unreachable", told, "always"),
        ("orders.find", "refused", told, "always"),
        ("orders.find", "late", told, "always"),
        ("shop.refund", "unreachable", asked, "undeclared"),
        ("shop.refund", "refused", asked, "undeclared"),
        ("shop.refund", "doubt", asked, "always"),
        ("mail.send", "unreachable", asked, "undeclared"),
        ("mail.send", "refused", asked, "undeclared"),
        ("mail.send", "doubt", asked, "always"),
    ]


def test_an_agents_other_model_and_its_value_are_shown(agent_lane: Lane) -> None:
    more = """    on_failure:
      - {model: openai/spare}
      - {value: {text: "We will look into it."}}
"""
    text = agent_text(slug="with-spare").replace("    retry:", f"{more}    retry:")
    agent_lane.use(text)
    rows = [row for row in drilled(agent_lane) if row.kind == "model"]
    assert [(row.happened.partition(", ")[2], row.status.value) for row in rows] == [
        ("then openai/spare answered.", "shown"),
        ("then it went on with the fixed value.", "shown"),
        ("then openai/spare answered.", "shown"),
        ("then openai/spare answered.", "shown"),
    ]


def test_a_person_for_an_agent_is_shown_for_its_model_and_for_what_it_proposed(
    agent_lane: Lane,
) -> None:
    text = agent_text(slug="with-person")
    agent_lane.use(text.replace("    retry:", "    on_failure: {person: owner}\n    retry:"))
    rows = drilled(agent_lane)
    assert {(row.name, row.way, row.status.value) for row in rows} == {
        ("openai/scripted", "unreachable", "shown"),
        ("openai/scripted", "refused", "shown"),
        ("openai/scripted", "late", "shown"),
        ("orders.find", "unreachable", "always"),
        ("orders.find", "refused", "always"),
        ("orders.find", "late", "always"),
        ("shop.refund", "unreachable", "shown"),
        ("shop.refund", "refused", "shown"),
        ("shop.refund", "doubt", "always"),
        ("mail.send", "unreachable", "shown"),
        ("mail.send", "refused", "shown"),
        ("mail.send", "doubt", "always"),
    }


def test_a_value_for_an_agent_is_none_for_what_it_proposed(agent_lane: Lane) -> None:
    text = agent_text(slug="with-value")
    more = '    on_failure: [{value: {text: "Later."}}, {person: owner}]\n'
    agent_lane.use(text.replace("    retry:", f"{more}    retry:"))
    rows = [row for row in drilled(agent_lane) if row.name == "shop.refund"]
    assert [(row.way, row.happened, row.status.value) for row in rows] == [
        ("unreachable", "Tried 3 times, then a person was asked.", "shown"),
        ("refused", "Tried once, then a person was asked.", "shown"),
        ("doubt", "Tried 3 times, then a person was asked.", "always"),
    ]


def test_a_tool_that_takes_a_key_is_tried_again_when_in_doubt(lane: Lane) -> None:
    Tool.objects.filter(name="shop.refund").update(takes_key=True)
    rows = [row for row in short(drilled(lane, "refund")) if row[1] == "doubt"]
    assert rows == [("shop.refund", "doubt", "Tried 3 times, then a person was asked.", "always")]


def test_a_list_is_drilled_by_its_items(lane: Lane) -> None:
    each = REPLY.replace(
        "    generate:",
        '    for_each: {in: "[1, 2]", as: one}\n'
        "    on_failure: [{model: openai/spare}]\n    generate:",
    )
    lane.use(definition(each, model="openai/main", slug="listed"))
    assert short(drilled(lane, "reply")) == [
        ("openai/main", "unreachable", "Tried 3 times, then openai/spare answered.", "shown"),
        ("openai/main", "unreachable", "Tried 3 times, then a person was asked.", "undeclared"),
        ("openai/main", "refused", "Tried once, then openai/spare answered.", "shown"),
        ("openai/main", "late", "Tried 3 times, then openai/spare answered.", "shown"),
        ("openai/main", "unfit", "Tried 2 times, then openai/spare answered.", "shown"),
    ]


def test_below_the_rung_for_actions_its_tools_are_not_called(lane: Lane) -> None:
    lane.use(definition(REPLY + SEND, rung="draft_only", slug="drafts"))
    [row] = drilled(lane, "send")
    assert row.status.value == "not_reached"
    assert "rung" in row.happened or "Draft" in row.happened or "draft" in row.happened
