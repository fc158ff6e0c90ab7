"""Policies: which one fits, who may sign, and when there are enough."""

from dataclasses import replace
from uuid import UUID

import pytest

from approvals.rules.policy_terms import Board, Group, Person, PolicyAction, PolicyTerms, fitting
from tenants.ids import uuid7

OLGA, DANA, SAM, VERA, OTTO = (uuid7() for _ in range(5))
OWNER = Person(OLGA, "Olga", "olga@shop.example", "owner")
PEOPLE = (
    OWNER,
    Person(DANA, "Dana", "dana@shop.example", "approver", granted=True),
    Person(SAM, "Sam", "sam@shop.example", "approver"),
    Person(VERA, "Vera", "vera@shop.example", "viewer"),
)
LANE, OTHER = uuid7(), uuid7()


def policy(*groups: Group, **more: object) -> PolicyTerms:
    return PolicyTerms(uuid7(), 1, groups or (Group(roles=("owner",)),), **more)  # type: ignore[arg-type]


def board(*people: Person, **more: object) -> Board:
    return Board(people or PEOPLE, **({"away": {}} | more))  # type: ignore[arg-type]


def refund(value: int, currency: str = "USD") -> PolicyAction:
    amount = {"value": value, "currency": currency}
    return PolicyAction("shop.refund", "refund", {"order": "1", "amount": amount})


MAIL = PolicyAction("mail.send", "send", {"to": "mia@customers.example"})


@pytest.mark.parametrize(
    ("conditions", "acts", "fits"),
    [
        ({}, [], True),
        ({"workflow_id": LANE}, [], True),
        ({"workflow_id": OTHER}, [], False),
        ({"kind": "refund"}, [MAIL], False),
        ({"kind": "refund"}, [MAIL, refund(1)], True),
        ({"kind": "refund"}, [], False),
        ({"tool": "mail.send"}, [refund(1)], False),
        ({"tool": "mail.send"}, [refund(1), MAIL], True),
        ({"over": 2500, "currency": "USD"}, [refund(2500)], False),
        ({"over": 2500, "currency": "USD"}, [refund(2501)], True),
        ({"over": 2500, "currency": "USD"}, [refund(1, "EUR")], True),
        ({"over": 2500, "currency": "USD"}, [MAIL], False),
        ({"over": 2500, "currency": "USD", "kind": "send"}, [refund(9999), MAIL], False),
    ],
)
def test_a_policy_fits_what_it_names(
    conditions: dict, acts: list[PolicyAction], fits: bool
) -> None:
    assert policy(**conditions).fits(LANE, acts) is fits


def test_the_first_that_fits_decides() -> None:
    large, any_refund = policy(over=2500, currency="USD"), policy(kind="refund")
    assert fitting([large, any_refund], LANE, [refund(3000)]) is large
    assert fitting([large, any_refund], LANE, [refund(100)]) is any_refund
    assert fitting([large, any_refund], LANE, [MAIL]) is None


USD_10 = {"value": 1000, "currency": "USD"}


@pytest.mark.parametrize(
    "args",
    [
        {"amount": USD_10 | {"note": "x"}},
        {"amount": {"value": "30000", "currency": "USD"}},
        {"amount": {"value": 300.5, "currency": "USD"}},
        {"amount": {"value": True, "currency": "USD"}},
        {"amount": {"value": 100, "currency": "usd"}},
        {"amount": {"value": 100, "currency": ""}},
        {"amount": {"value": 100}},
        {"amount": {"minor": 30000, "currency": "USD"}},
        {"amount": {"value": -30000, "currency": "USD"}},
        {"amount": 30000},
        {"amount": "300"},
        {"amount": "about 300 I think"},
        {"amount": "two hundred"},
        {"amount": "everything"},
        {"amount": "五百"},
        {"amount": USD_10, "amo\u200bunt": 30000},
        {"amount": USD_10, "ａｍｏｕｎｔ": 30000},
        {"amount": USD_10, "deposit": 30000},
        {"amount": USD_10, "chf": 300},
        {"amount": USD_10, "x": "USD 300"},
        {"amount": USD_10, "x": "300 dollars"},
        {"x": "$300"},
        {"x": "EUR 1.200,50 €"},
        {"amount": USD_10, "amount_cents": 30000},
        {"amount": USD_10, "extraAmountCents": 30000},
        {"amount": USD_10, "lines": [{"price": 300}]},
        {"amount": USD_10, "shipping": {"total": {"gross": 300}}},
        {"amount": USD_10, "tip": "300"},
        {"order": "10412"},  # a refund of nobody knows how much
        {},
    ],
    ids=str,
)
def test_an_amount_that_cant_be_read_counts_as_over(args: dict) -> None:
    """Case A13."""
    assert policy(over=20_000, currency="USD").fits(
        LANE, [PolicyAction("shop.refund", "refund", args)]
    )


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("refund", {"amount": USD_10, "order": "10412", "quantity": 3}),
        ("refund", {"amount": USD_10, "refund_reason": "Broken on 14 May", "is_total": True}),
        ("refund", {"lines": [{"price": USD_10}, {"price": USD_10}], "note": "30000 of them"}),
        ("send", {"to": "mia@customers.example", "subject": "Your $300", "body": "We paid $300."}),
        ("send", {"payment": "by card", "note": "2 days", "value": "in stock"}),
        ("edit", {"order": "10412", "weight_grams": 30000, "phone": "0301234567"}),
    ],
)
def test_what_is_no_amount_is_not_taken_for_one(kind: str, args: dict) -> None:
    assert not policy(over=20_000, currency="USD").fits(LANE, [PolicyAction("a.tool", kind, args)])


def test_a_person_and_their_stand_in_fill_one_place() -> None:
    """Case A11."""
    sam = Person(SAM, "Sam", "sam@shop.example", "owner")
    both = policy(Group(roles=("owner",), needed=2))
    away = board(OWNER, sam, *PEOPLE[1:2], away={OLGA: DANA})
    assert away.missing(both, [OLGA, DANA]) == [1]
    assert away.missing(both, [DANA, OLGA]) == [1]
    assert away.missing(both, [DANA, SAM]) == [0]
    assert away.missing(both, [OLGA, SAM]) == [0]
    assert not board(OWNER, *PEOPLE[1:2], away={OLGA: DANA}).is_possible(both)
    # One who stands in for two signs once.
    twice = board(OWNER, sam, *PEOPLE[1:2], away={OLGA: DANA, SAM: DANA})
    assert twice.missing(both, [DANA]) == [1]
    # A stand-in who belongs to the group too: either place, not both.
    owners = board(OWNER, sam, away={OLGA: SAM})
    assert owners.missing(both, [SAM]) == [1]
    assert owners.missing(both, [SAM, OLGA]) == [0]


def test_an_account_of_the_stand_in_and_one_of_the_person_fill_one_place() -> None:
    """Case A11: whatever accounts they use."""
    twin = Person(OTTO, "Olga too", "olga+2@shop.example", "owner")
    both = policy(Group(roles=("owner",), needed=2))
    twins = board(OWNER, twin, PEOPLE[1], away={OLGA: DANA, OTTO: DANA})
    assert twins.missing(both, [OLGA, DANA, OTTO]) == [1]


def test_who_does_not_count_lends_nothing_and_stands_for_nobody() -> None:
    """Case A11."""
    sam = Person(SAM, "Sam", "sam@shop.example", "owner")
    rule = policy(Group(roles=("owner",)), apart=True)
    lent = board(OWNER, sam, PEOPLE[1], away={OLGA: DANA}, apart=frozenset({OLGA}))
    assert lent.eligible(rule) == [{SAM}]
    assert lent.missing(rule, [DANA]) == [1]
    named = board(OWNER, sam, PEOPLE[1], away={SAM: OLGA}, apart=frozenset({OLGA}))
    assert named.eligible(rule) == [{SAM}]
    assert named.missing(rule, [OLGA]) == [1]


def test_roles_and_names_make_a_group() -> None:
    rule = policy(Group(roles=("owner",), people=(SAM, VERA)))
    # A viewer decides nothing, named or not.
    assert board().eligible(rule) == [{OLGA, SAM}]
    given = policy(Group(roles=("approver",)))
    assert board().eligible(given) == [{DANA}]  # Sam was not given the workflow


def test_a_quorum_needs_different_people() -> None:
    rule = policy(Group(roles=("owner",), people=(DANA, SAM), needed=2))
    assert board().missing(rule, []) == [2]
    assert board().missing(rule, [DANA]) == [1]
    assert board().missing(rule, [DANA, DANA]) == [1]
    assert board().missing(rule, [DANA, VERA]) == [1]
    assert board().missing(rule, [DANA, SAM]) == [0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dana@shop.example", "Dana+2@shop.example"),
        ("dana.lee@gmail.com", "danalee+x@googlemail.com"),
    ],
)
def test_two_accounts_of_one_mailbox_are_one_person(one: str, other: str) -> None:
    """Case A5."""
    twice = (Person(DANA, "Dana", one, "owner"), Person(OTTO, "Dana too", other, "owner"))
    rule = policy(Group(roles=("owner",), needed=2))
    assert board(*twice).missing(rule, [DANA, OTTO]) == [1]
    assert not board(*twice).is_possible(rule)
    alone = policy(apart=True)
    assert not board(*twice, apart=frozenset({DANA})).may_sign(alone, OTTO)


def test_one_person_fills_one_group() -> None:
    rule = policy(Group(roles=("owner",)), Group(roles=("owner",), people=(DANA,)))
    assert board().missing(rule, [OLGA]) == [0, 1]
    assert board().missing(rule, [OLGA, DANA]) == [0, 0]
    assert board().missing(rule, [DANA, OLGA]) == [0, 0]  # whoever comes first


def test_whoever_asked_does_not_count() -> None:
    """Case A5."""
    rule = policy(Group(roles=("owner",), people=(DANA,)), apart=True)
    assert board(apart=frozenset({OLGA})).eligible(rule) == [{DANA}]
    assert not board(OWNER, apart=frozenset({OLGA})).is_possible(rule)


def test_the_backup_is_asked_later_or_where_nobody_is_there() -> None:
    """Case L7: who left, or is away without a stand-in, is replaced at once."""
    rule = policy(Group(people=(DANA,)), backup=Group(people=(SAM,)), backup_after=4)
    assert board().eligible(rule) == [{DANA}]
    assert board(escalated=True).eligible(rule) == [{DANA, SAM}]
    left = tuple(p for p in PEOPLE if p.id != DANA)
    assert board(*left).eligible(rule) == [{SAM}]
    assert board(away={DANA: None}).eligible(rule) == [{DANA, SAM}]
    assert not board(OWNER).is_possible(rule)


def test_a_stand_in_decides_for_who_is_away() -> None:
    rule = policy(Group(people=(DANA,)))
    assert board(away={DANA: SAM}).eligible(rule) == [{DANA, SAM}]
    assert board(away={DANA: VERA}).eligible(rule) == [{DANA}]  # a viewer decides nothing
    assert board(away={OLGA: SAM}).eligible(rule) == [{DANA}]


@pytest.mark.parametrize(
    ("groups", "is_single"),
    [
        ([Group(roles=("owner",))], True),
        ([Group(roles=("owner",), needed=2)], False),
        ([Group(roles=("owner",)), Group(people=(DANA,))], False),
        ([], False),
    ],
)
def test_one_yes_is_enough_where_one_place_is_to_be_filled(
    groups: list[Group], is_single: bool
) -> None:
    assert PolicyTerms(uuid7(), 1, tuple(groups)).is_single is is_single


def test_a_permit_stores_the_policy_with_its_version() -> None:
    terms = PolicyTerms(UUID(int=5), 7, ())
    assert terms.mark == "00000000-0000-0000-0000-000000000005:7"


@pytest.mark.parametrize(
    ("role", "may"), [("owner", True), ("approver", True), ("viewer", False), ("", False)]
)
def test_owners_and_approvers_may_decide(role: str, may: bool) -> None:
    assert Person(SAM, "Sam", "sam@shop.example", role).may_decide is may


def test_an_owner_belongs_to_the_owners_whether_or_not_a_workflow_was_granted() -> None:
    owners = Group(roles=("owner",))
    assert owners.members([OWNER, replace(OWNER, id=SAM, granted=True)]) == {OLGA, SAM}
    assert Group().members(PEOPLE) == set()


@pytest.mark.parametrize(
    ("amount", "currency", "fits"),
    [
        (2500, "USD", False),
        (2501, "USD", True),
        (-2500, "USD", False),
        (-2501, "USD", True),
        (1, "EUR", True),
    ],
)
def test_an_amount_is_over_by_its_size_in_the_policys_own_currency(
    amount: int, currency: str, fits: bool
) -> None:
    limit = policy(over=2500, currency="USD")
    send = PolicyAction("mail.send", "send", refund(amount, currency).args)
    assert limit.fits(LANE, [send]) is fits


def test_a_limit_of_nothing_fits_every_amount_but_none() -> None:
    free = policy(over=0, currency="USD")
    assert free.fits(LANE, [refund(1)])
    assert not free.fits(LANE, [refund(0)])


def test_tool_kind_and_amount_must_fit_the_same_action() -> None:
    rule = policy(tool="mail.send", over=2500, currency="USD")
    assert not rule.fits(LANE, [MAIL, refund(3000)])
    assert not policy(tool="mail.send", kind="refund").fits(LANE, [MAIL, refund(1)])
    assert policy(tool="shop.refund", kind="refund").fits(LANE, [MAIL, refund(1)])


def test_the_workflow_must_fit_whatever_the_actions() -> None:
    assert not policy(workflow_id=OTHER, kind="refund").fits(LANE, [refund(1)])
    assert policy(workflow_id=LANE, kind="refund").fits(LANE, [refund(1)])


def test_where_no_policy_is_set_none_fits() -> None:
    assert fitting([], LANE, [refund(1)]) is None


def test_the_backup_is_asked_where_fewer_are_there_than_are_needed() -> None:
    two = policy(Group(roles=("owner",), people=(DANA,), needed=2), backup=Group(people=(SAM,)))
    assert board().eligible(two) == [{OLGA, DANA}]
    assert board(away={DANA: None}).eligible(two) == [{OLGA, DANA, SAM}]


def test_a_yes_of_the_backup_counts_once_it_is_asked() -> None:
    rule = policy(Group(people=(DANA,)), backup=Group(people=(SAM,)))
    assert board().missing(rule, [SAM]) == [1]
    assert not board().may_sign(rule, SAM)
    assert board(escalated=True).missing(rule, [SAM]) == [0]
    assert board(escalated=True).may_sign(rule, SAM)


def test_without_a_backup_nobody_else_is_asked() -> None:
    assert board(escalated=True).eligible(policy(Group(people=(DANA,)))) == [{DANA}]


def test_the_groups_are_told_apart_in_their_order() -> None:
    rule = policy(Group(people=(SAM,)), Group(people=(DANA,)))
    assert board().eligible(rule) == [{SAM}, {DANA}]
    assert board().missing(rule, [DANA]) == [1, 0]
    assert board().missing(rule, [SAM]) == [0, 1]


def test_who_left_counts_no_more() -> None:
    rule = policy()
    assert board().missing(rule, [UUID(int=9)]) == [1]
    assert board(away={UUID(int=9): OLGA}).missing(rule, [OLGA]) == [0]


def test_a_policy_is_possible_where_everybody_together_fills_its_places() -> None:
    three = policy(Group(roles=("owner",), people=(DANA, SAM), needed=3))
    assert board().is_possible(three)
    assert not board(apart=frozenset({SAM})).is_possible(three)
