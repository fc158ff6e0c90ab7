"""Which steps may begin, which are blocked, and which actions are one group."""

import pytest

from tests.workflows.definition_kit import parsed
from workflows.definitions.definition import Definition
from workflows.engine.state.plan import blocked, finished, group_of, ready

ACT = "act: {tool: t}"
GROUPED = "act: {tool: t, group: g}"
CHAIN = parsed(
    f"name: a, {ACT}",
    f"name: b, needs: [a], {ACT}",
    f"name: c, needs: [b], {ACT}",
)
JOIN = parsed(f"name: a, {ACT}", f"name: b, {ACT}", f"name: c, needs: [a, b], {ACT}")
GROUP = parsed(
    f"name: last, needs: [first], {GROUPED}",
    f"name: facts, {ACT}",
    f"name: other, {ACT}",
    f"name: first, needs: [facts], {GROUPED}",
    f"name: alone, needs: [other], {GROUPED}",
)


def names(definition: Definition, **status: str) -> list[str]:
    return [step.name for step in ready(definition, status)]


def test_at_first_the_steps_without_needs_may_begin() -> None:
    assert (names(CHAIN), names(JOIN)) == (["a"], ["a", "b"])


@pytest.mark.parametrize("over", ["done", "skipped", "failed", "cancelled"])
def test_a_step_may_begin_once_its_needs_are_over_however_they_ended(over: str) -> None:
    assert names(CHAIN, a=over) == ["b"]


@pytest.mark.parametrize("status", ["running", "waiting"])
def test_a_step_waits_for_a_need_that_is_under_way(status: str) -> None:
    assert names(CHAIN, a=status) == []


def test_a_join_waits_for_all_its_needs() -> None:
    assert names(JOIN, a="done", b="running") == []
    assert names(JOIN, a="done", b="done") == ["c"]


def test_what_has_begun_does_not_begin_again() -> None:
    assert names(CHAIN, a="done", b="waiting") == []
    assert names(CHAIN, a="done", b="done", c="failed") == []


def test_an_action_waits_for_the_needs_of_its_whole_group() -> None:
    assert names(GROUP, facts="done", other="running") == []
    assert names(GROUP, facts="done", other="done") == ["last", "first", "alone"]


def test_a_group_is_done_in_the_order_of_its_own_needs_whatever_the_order_written() -> None:
    wanted = ["first", "alone", "last"]
    for name in wanted:
        found = group_of(GROUP, GROUP.step(name))
        assert [step.name for step in found] == wanted


def test_an_action_without_a_group_stands_alone() -> None:
    assert group_of(GROUP, GROUP.step("facts")) == [GROUP.step("facts")]


@pytest.mark.parametrize(
    ("status", "is_blocked"),
    [
        ({"a": "failed"}, True),
        ({"a": "cancelled"}, True),
        ({"a": "done"}, False),
        ({"a": "skipped"}, False),  # its own condition did not hold
        ({"a": "running"}, False),
        ({}, False),
    ],
)
def test_a_failed_need_blocks_a_step(status: dict[str, str], is_blocked: bool) -> None:
    assert blocked(CHAIN, CHAIN.step("b"), status) is is_blocked


def test_a_step_is_blocked_through_one_that_was_skipped_for_a_failure() -> None:
    assert blocked(CHAIN, CHAIN.step("c"), {"a": "failed", "b": "skipped"})
    assert not blocked(CHAIN, CHAIN.step("c"), {"a": "failed", "b": "done"})
    assert not blocked(CHAIN, CHAIN.step("c"), {"a": "done", "b": "skipped"})


def test_a_run_is_finished_once_every_step_is_over() -> None:
    over = {"a": "done", "b": "skipped", "c": "failed"}
    assert finished(CHAIN, over)
    assert not finished(CHAIN, over | {"c": "waiting"})
    assert not finished(CHAIN, {"a": "done", "b": "done"})
