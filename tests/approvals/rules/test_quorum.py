"""Each person fills one place at most, and as many places are filled as can be."""

import pytest

from approvals.rules.quorum import unfilled


@pytest.mark.parametrize(
    ("signed", "left"),
    [
        ([], [2]),
        (["ann"], [1]),
        (["ann", "ann"], [1]),
        (["ann", "bob"], [0]),
        (["ann", "bob", "cat"], [0]),
        (["zoe"], [2]),
        (["zoe", "cat"], [1]),
    ],
)
def test_different_members_fill_the_places_of_a_group(signed: list[str], left: list[int]) -> None:
    assert unfilled([2], [["ann", "bob", "cat"]], signed, {}) == left


def test_without_groups_nothing_is_left() -> None:
    assert unfilled([], [], ["ann"], {}) == []


def test_a_group_that_needs_nobody_is_filled() -> None:
    assert unfilled([0, 1], [["ann"], ["ann"]], ["ann"], {}) == [0, 0]


def test_a_group_without_members_is_never_filled() -> None:
    assert unfilled([1, 2], [[], ["ann"]], ["ann"], {}) == [1, 1]


def test_one_who_belongs_to_two_groups_fills_a_place_in_one() -> None:
    assert unfilled([1, 1], [["ann"], ["ann"]], ["ann"], {}) == [0, 1]


@pytest.mark.parametrize("signed", [["ann", "bob"], ["bob", "ann"]])
def test_who_can_fill_only_one_group_finds_the_place_given_up_by_another(signed: list[str]) -> None:
    """Bob belongs to the first group alone, so Ann has to count for the second."""
    assert unfilled([1, 1], [["ann", "bob"], ["ann"]], signed, {}) == [0, 0]


def test_places_are_given_up_along_a_chain_of_groups() -> None:
    groups = [["ann", "bob", "cat"], ["ann", "bob"], ["ann"]]
    assert unfilled([1, 1, 1], groups, ["ann", "bob", "cat"], {}) == [0, 0, 0]
    assert sum(unfilled([1, 1, 1], groups, ["ann", "bob"], {})) == 1


def test_a_stand_in_fills_the_place_of_the_person_they_stand_in_for() -> None:
    assert unfilled([1], [["ann"]], ["sub"], {"sub": ["ann"]}) == [0]
    assert unfilled([1], [["ann"]], ["sub"], {"sub": ["bob"]}) == [1]


def test_a_person_and_their_stand_in_fill_one_place_together() -> None:
    assert unfilled([2], [["ann", "bob"]], ["ann", "sub"], {"sub": ["ann"]}) == [1]
    assert unfilled([2], [["ann", "bob"]], ["bob", "sub"], {"sub": ["ann"]}) == [0]


def test_one_who_stands_in_for_two_signs_once() -> None:
    both = {"sub": ["ann", "bob"]}
    assert unfilled([2], [["ann", "bob"]], ["sub"], both) == [1]
    assert sorted(unfilled([1, 1], [["ann"], ["bob"]], ["sub"], both)) == [0, 1]


def test_a_stand_in_who_is_a_member_too_leaves_their_own_place_where_that_helps() -> None:
    """Sub signs for Ann, as nobody else does; Bob fills the other place."""
    groups = [["ann"], ["sub", "bob"]]
    assert unfilled([1, 1], groups, ["sub", "bob"], {"sub": ["ann"]}) == [0, 0]
    assert sorted(unfilled([1, 1], groups, ["sub"], {"sub": ["ann"]})) == [0, 1]


def test_which_group_lacks_a_place_follows_the_order_of_the_stand_ins() -> None:
    """One who stands in for two fills the first one's place, in every process."""
    for first, second, left in (("ana", "ben", [0, 1]), ("ben", "ana", [1, 0])):
        stands_for = {"zoe": [first, second]}
        assert unfilled([1, 1], [["ana"], ["ben"]], ["zoe"], stands_for) == left
