"""A policy is written as a sentence and as one line."""

from uuid import UUID

import pytest

from approvals.rules.policy_sentences import Names, sentence, summary
from approvals.rules.policy_terms import Group, PolicyTerms
from tenants.ids import uuid7

OLGA, DANA, SAM, LANE = (uuid7() for _ in range(4))
NAMES = Names(
    people={OLGA: "Olga", DANA: "Dana", SAM: "Sam"},
    workflows={LANE: "Refund replies"},
    tools={"shop.refund": "Refund in the shop"},
)


def policy(*groups: Group, **more: object) -> PolicyTerms:
    return PolicyTerms(uuid7(), 1, groups or (Group(roles=("owner",)),), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            policy(
                Group(roles=("owner",), people=(DANA,)),
                kind="refund",
                over=2500,
                currency="USD",
                backup=Group(people=(SAM,)),
                backup_after=4,
                hours=8,
            ),
            "Refunds over $25.00 need an owner or Dana; after 4 working hours Sam is asked too; "
            "after 8 it expires and nothing is done.",
        ),
        (policy(), "All things need an owner."),
        (
            policy(Group(roles=("owner",), people=(DANA, SAM), needed=2), workflow_id=LANE),
            "All things in Refund replies need two of the owners, Dana and Sam.",
        ),
        (
            policy(Group(roles=("owner",)), Group(people=(DANA,)), tool="shop.refund", apart=True),
            "Uses of Refund in the shop need an owner, and Dana. "
            "Who asked for it or edited it does not count.",
        ),
        (
            policy(kind="send", hours=1),
            "Messages need an owner; after 1 working hour it expires and nothing is done.",
        ),
        (policy(Group(people=(UUID(int=1),))), "All things need somebody who left."),
    ],
)
def test_a_policy_in_words(rule: PolicyTerms, said: str) -> None:
    assert sentence(rule, NAMES) == said


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (policy(), "One approval by an owner for all things"),
        (
            policy(
                Group(roles=("owner",), people=(DANA,)), kind="refund", over=2500, currency="USD"
            ),
            "One approval by an owner or Dana for refunds over $25.00",
        ),
        (
            policy(Group(roles=("owner",), people=(DANA, SAM), needed=2), workflow_id=LANE),
            "Two approvals by an owner, Dana or Sam for all things in Refund replies",
        ),
        (
            policy(Group(roles=("owner",)), Group(people=(DANA,)), tool="shop.refund"),
            "One approval by an owner and one by Dana for uses of Refund in the shop",
        ),
    ],
)
def test_a_policy_in_one_line(rule: PolicyTerms, said: str) -> None:
    assert summary(rule, NAMES) == said
