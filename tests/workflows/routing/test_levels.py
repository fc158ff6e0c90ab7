"""Levels have an order, and an unknown kind of write is the heaviest."""

import pytest

from approvals.rules.ladder import Effect, Kind
from workflows.routing.levels import (
    CONSEQUENCES,
    Consequence,
    Difficulty,
    consequence_of,
    highest,
    reaches,
)


def test_every_kind_of_write_has_a_consequence() -> None:
    assert set(CONSEQUENCES) == set(Kind)


@pytest.mark.parametrize(
    ("effect", "kind", "found"),
    [
        ("read", None, Consequence.NONE),
        ("draft", None, Consequence.NONE),
        ("write", "edit", Consequence.CHANGES),
        ("write", "send", Consequence.GOES_OUT),
        ("write", "refund", Consequence.HEAVY),
        ("write", "delete", Consequence.HEAVY),
        ("write", "of-tomorrow", Consequence.HEAVY),
        ("write", None, Consequence.HEAVY),
    ],
)
def test_a_tool_has_the_consequence_of_its_kind(
    effect: str, kind: str | None, found: Consequence
) -> None:
    assert consequence_of(effect, kind) is found


def test_no_effect_but_a_write_has_a_consequence() -> None:
    assert {consequence_of(one, None) for one in Effect if one is not Effect.WRITE} == {
        Consequence.NONE
    }


def test_levels_are_compared_by_their_order() -> None:
    assert reaches(Difficulty.HARD, Difficulty.USUAL)
    assert reaches(Difficulty.USUAL, Difficulty.USUAL)
    assert not reaches(Difficulty.EASY, Difficulty.USUAL)
    assert highest([Difficulty.EASY, Difficulty.HARD], Difficulty.EASY) is Difficulty.HARD
    assert highest([], Difficulty.EASY) is Difficulty.EASY
