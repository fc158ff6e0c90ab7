"""The approval state of an item says whose yes counts and how many are still missing."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from approvals.queries import People
from approvals.review.approval import (
    ApprovalState,
    approval_state_of,
    board_from,
    people_apart,
    policy_actions,
)
from approvals.rules.policy_terms import Board, Group, Person, PolicyAction, PolicyTerms
from tenants.ids import uuid7
from tests.approvals.unsaved import unsaved_item, unsaved_proposal, unsaved_tool

OLGA, DANA, SAM = (uuid7() for _ in range(3))
WORKFLOW, OTHER = uuid7(), uuid7()
OWNER = Person(OLGA, "Olga", "olga@shop.example", "owner")
APPROVER = Person(DANA, "Dana", "dana@shop.example", "approver")
VIEWER = Person(SAM, "Sam", "sam@shop.example", "viewer")
PEOPLE = People(
    [(OWNER, frozenset()), (APPROVER, frozenset({WORKFLOW})), (VIEWER, frozenset())],
    {SAM: None},
    (),
)
EITHER = Group(roles=("owner", "approver"))
BOTH = Group(roles=("owner", "approver"), needed=2)


def terms(group: Group = EITHER, **more: Any) -> PolicyTerms:
    return PolicyTerms(uuid7(), 1, (group,), **more)


def state(rule: PolicyTerms, *signed: UUID, apart: frozenset[UUID] = frozenset()) -> ApprovalState:
    return ApprovalState(rule, Board(PEOPLE.as_of(WORKFLOW), {}, apart), signed)


def test_who_may_sign_is_a_member_of_a_group() -> None:
    found = state(terms())
    assert [found.may_sign(one) for one in (OLGA, DANA, SAM)] == [True, True, False]


def test_set_apart_is_who_would_count_otherwise() -> None:
    found = state(terms(apart=True), apart=frozenset({DANA, SAM}))
    assert [found.is_set_apart(one) for one in (OLGA, DANA, SAM)] == [False, True, False]


def test_the_people_that_are_left_are_counted_before_and_after_a_yes() -> None:
    nobody, one = state(terms(BOTH)), state(terms(BOTH), OLGA)
    assert (nobody.left, one.left) == (2, 1)
    assert (nobody.left_after(OLGA), one.left_after(OLGA), one.left_after(DANA)) == (1, 1, 0)
    assert one.left_after(SAM) == 1
    assert not nobody.is_enough_with(OLGA)
    assert not one.is_enough_with(SAM)
    assert one.is_enough_with(DANA)


def test_an_edit_takes_all_sign_offs_and_sets_its_author_apart_where_the_policy_says_so() -> None:
    signed = state(terms(BOTH), OLGA).edited(DANA)
    assert (signed.signed, signed.board.apart, signed.left) == ((), frozenset(), 2)
    apart = state(terms(apart=True), apart=frozenset({SAM})).edited(DANA)
    assert apart.board.apart == {SAM, DANA}
    assert not apart.may_sign(DANA)


def test_actions_are_matched_by_the_names_they_were_put_up_with() -> None:
    act = unsaved_proposal(unsaved_tool("shop.refund", kind="refund"), args={"order": "1"})
    act.tool_name = "shop.old_name"
    assert policy_actions([act]) == [PolicyAction("shop.old_name", "refund", {"order": "1"})]


def test_exceptions_and_items_that_no_policy_fits_have_no_state() -> None:
    """No database is asked for either."""
    exception = unsaved_item(kind="exception", workflow_id=WORKFLOW)
    assert approval_state_of(exception, [], [terms()]) is None
    action = unsaved_item(kind="proposal", workflow_id=WORKFLOW)
    assert approval_state_of(action, [], [terms(workflow_id=OTHER)]) is None
    assert approval_state_of(action, [], []) is None


@pytest.mark.parametrize(
    ("shaped_by", "asked_by_person", "editors", "apart"),
    [
        ([], None, [], set()),
        ([str(DANA)], None, [], {DANA}),
        (["olga@shop.example"], None, [], {OLGA}),
        (["mia@customers.example", str(uuid7())], None, [], set()),
        ([], SAM, [], {SAM}),
        ([], None, [OLGA, DANA], {OLGA, DANA}),
        ([str(DANA)], SAM, [OLGA], {OLGA, DANA, SAM}),
    ],
)
def test_apart_are_those_who_asked_shaped_or_edited(
    shaped_by: list[str], asked_by_person: UUID | None, editors: list[UUID], apart: set[UUID]
) -> None:
    item = unsaved_item(shaped_by=shaped_by, asked_by_person=asked_by_person)
    assert people_apart(PEOPLE, item, terms(apart=True), editors) == apart
    assert people_apart(PEOPLE, item, terms(), editors) == frozenset()


def test_the_board_has_the_people_as_the_items_workflow_was_granted() -> None:
    item = unsaved_item(workflow_id=WORKFLOW, shaped_by=[str(DANA)])
    granted = Person(DANA, "Dana", "dana@shop.example", "approver", granted=True)
    assert board_from(PEOPLE, item, terms(apart=True), []) == Board(
        (OWNER, granted, VIEWER), {SAM: None}, frozenset({DANA}), escalated=False
    )
    item = unsaved_item(workflow_id=OTHER, escalated_at=datetime(2026, 11, 17, tzinfo=UTC))
    assert board_from(PEOPLE, item, terms(), []) == Board(
        (OWNER, APPROVER, VIEWER), {SAM: None}, frozenset(), escalated=True
    )
