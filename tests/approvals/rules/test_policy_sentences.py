"""A policy is written as a sentence and as one line."""

from typing import Any
from uuid import UUID

import pytest

from approvals.rules.policy_sentences import Names, needs, sentence, summary
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


OWNER = Group(roles=("owner",))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "All things need an owner."),
        (
            {"backup": OWNER, "backup_after": 1, "hours": 2},
            "All things need an owner; after 1 working hour an owner is asked too; "
            "after 2 it expires and nothing is done.",
        ),
        (
            {"backup": Group(people=(DANA, SAM)), "backup_after": 3},
            "All things need an owner; after 3 working hours Dana or Sam are asked too.",
        ),
        ({"backup": OWNER}, "All things need an owner."),
        ({"backup_after": 3}, "All things need an owner."),
        (
            {"backup": OWNER, "backup_after": 0},
            "All things need an owner; after 0 working hours an owner is asked too.",
        ),
        (
            {"hours": 8, "at_end": "raise"},
            "All things need an owner; after 8 working hours it expires and nothing is done; "
            "an action that expired becomes an exception for the workflow's owner.",
        ),
        ({"at_end": "close"}, "All things need an owner."),
        (
            {"refuse_same": True, "apart": True},
            "All things need an owner. What was done before is refused. "
            "Who asked for it or edited it does not count.",
        ),
        ({"refuse_same": True}, "All things need an owner. What was done before is refused."),
    ],
)
def test_a_policy_says_what_time_and_conditions_bring(more: dict[str, Any], said: str) -> None:
    assert sentence(policy(OWNER, **more), NAMES) == said


@pytest.mark.parametrize(
    ("more", "begins"),
    [
        ({"tool": "mail.send"}, "Uses of mail.send need"),
        ({"tool": "shop.refund", "kind": "refund"}, "Uses of Refund in the shop need"),
        ({"kind": "odd"}, "Odd need"),
        ({"kind": "reprice"}, "Changes of price need"),
        ({"over": 2500, "currency": "USD"}, "Amounts over $25.00 need"),
        ({"over": 0, "currency": "USD"}, "Amounts over $0.00 need"),
        (
            {"tool": "shop.refund", "over": 2500, "currency": "USD"},
            "Uses of Refund in the shop over $25.00 need",
        ),
        ({"kind": "refund", "workflow_id": LANE}, "Refunds in Refund replies need"),
        ({"workflow_id": UUID(int=1)}, "All things in a workflow that is gone need"),
    ],
)
def test_a_policy_says_first_what_it_is_about(more: dict[str, Any], begins: str) -> None:
    assert sentence(policy(**more), NAMES) == f"{begins} an owner."


def test_an_amount_is_said_as_the_client_writes_it() -> None:
    german = Names(locale="de_DE")
    assert sentence(policy(over=2500, currency="EUR"), german) == (
        "Amounts over 25,00\u00a0€ need an owner."
    )


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ([Group()], "nobody"),
        ([Group(roles=("owner", "approver"))], "an owner or an approver"),
        ([Group(roles=("owner",), people=(DANA, SAM))], "an owner, Dana or Sam"),
        ([Group(roles=("owner",), needed=2)], "two of the owners"),
        ([Group(roles=("owner", "approver"), needed=3)], "three of the owners and the approvers"),
        ([Group(people=(DANA, SAM, UUID(int=1)), needed=2)],
         "two of Dana, Sam and somebody who left"),
        ([Group(roles=("approver",), needed=9)], "nine of the approvers"),
        ([Group(roles=("approver",), needed=10)], "10 of the approvers"),
        ([OWNER, Group(people=(DANA,)), Group(people=(SAM,))], "an owner, and Dana, and Sam"),
    ],
)  # fmt: skip
def test_who_has_to_say_yes_is_listed(groups: list[Group], said: str) -> None:
    assert needs(policy(*groups), NAMES) == said


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ([Group()], "One approval by nobody for all things"),
        ([Group(roles=("owner",), needed=9)], "Nine approvals by an owner for all things"),
        ([Group(roles=("owner",), needed=10)], "10 approvals by an owner for all things"),
        (
            [Group(roles=("owner",), needed=2), Group(people=(DANA, SAM), needed=2)],
            "Two approvals by an owner and two by Dana or Sam for all things",
        ),
    ],
)
def test_approvals_are_counted_in_one_line(groups: list[Group], said: str) -> None:
    assert summary(policy(*groups), NAMES) == said
