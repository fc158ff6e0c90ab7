"""Shapes of a definition's parts: their limits and what is left out."""

from typing import Any

import pytest
from pydantic import ValidationError

from approvals.rules.never import Rule
from workflows.definitions.on_failure import Fallback, Retry
from workflows.definitions.schema import ForEach, Head, Never, On, Schedule, StepHead

HEAD: dict[str, Any] = {"workflow": "replies", "rung": "draft_only", "brief": {"why": "x"}}


def fits(model: Any, value: dict[str, Any]) -> bool:
    try:
        model.model_validate(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "is_name"),
    [
        ("a", True),
        ("a" * 40, True),
        ("a" * 41, False),
        ("a_1", True),
        ("1a", False),
        ("_a", False),
        ("a-b", False),
        ("A", False),
        ("", False),
        ("a\n", False),
    ],
)
def test_a_step_has_a_name_that_expressions_can_read(name: str, is_name: bool) -> None:
    assert fits(StepHead, {"name": name}) is is_name


@pytest.mark.parametrize(
    ("slug", "is_slug"),
    [("a-1", True), ("a" * 40, True), ("a" * 41, False), ("a_b", False), ("-a", False)],
)
def test_a_workflow_has_a_name_for_addresses(slug: str, is_slug: bool) -> None:
    assert fits(Head, HEAD | {"workflow": slug}) is is_slug


@pytest.mark.parametrize(
    ("setting", "least", "most"), [("decide_within_hours", 1, 720), ("at_once", 1, 10_000)]
)
def test_numbers_of_the_head_have_limits(setting: str, least: int, most: int) -> None:
    values = (least - 1, least, most, most + 1)
    assert [fits(Head, HEAD | {setting: value}) for value in values] == [False, True, True, False]


@pytest.mark.parametrize(("setting", "most"), [("at_most", 200), ("at_once", 50)])
def test_a_list_of_items_has_limits(setting: str, most: int) -> None:
    given = {"in": "input.lines", "as": "line"}
    values = (0, 1, most, most + 1)
    found = [fits(ForEach, given | {setting: value}) for value in values]
    assert found == [False, True, True, False]


def test_a_workflow_has_twenty_schedules_at_most() -> None:
    one = {"cron": "0 9 * * *"}
    assert len(On.model_validate({"schedule": [one] * 20}).schedule) == 20
    assert not fits(On, {"schedule": [one] * 21})


def test_what_a_step_does_not_say_is_the_usual() -> None:
    step = StepHead(name="a")
    assert (step.needs, step.if_, step.for_each, step.timeout) == ([], "", None, None)
    assert step.on_failure == [Fallback(person="owner")]
    assert step.retry == Retry(attempts=3, wait=2, factor=2, most=60, jitter=0.2)
    assert step.retry.on == ["timeout", "rate_limited", "unavailable"]


def test_what_a_definition_does_not_say_is_the_usual() -> None:
    head = Head.model_validate(HEAD)
    assert (head.decide_within_hours, head.at_once, head.on) == (24, None, On())
    assert Schedule(cron="0 9 * * *").zone == ""


def test_a_never_rule_is_checked_as_the_gate_knows_it() -> None:
    written = {"tool": "t", "kind": "k", "if": "args.a > 1", "text": "x", "why": "y"}
    assert Never.model_validate(written).rule() == Rule("t", "k", "args.a > 1", "x", "y")
    assert Never().rule() == Rule()


def test_a_part_refuses_what_it_does_not_know() -> None:
    for model, value in ((Head, HEAD), (StepHead, {"name": "a"}), (Never, {})):
        assert fits(model, value)
        assert not fits(model, value | {"titel": "x"})
