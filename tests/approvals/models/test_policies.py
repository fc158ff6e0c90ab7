"""A stored policy is given as a pure value, whole."""

from uuid import UUID

from approvals.models import Policy
from approvals.rules.policy_terms import Group, PolicyTerms
from tests.approvals.unsaved import NOBODY

PERSON, WORKFLOW, POLICY = UUID(int=1), UUID(int=2), UUID(int=3)
OWNERS = {"roles": ["owner"], "people": [], "needed": 2}
NAMED = {"roles": [], "people": [str(PERSON)], "needed": 1}


def test_every_term_of_a_policy_is_given() -> None:
    stored = Policy(
        tenant_id=NOBODY,
        id=POLICY,
        version=4,
        groups=[OWNERS, NAMED],
        workflow_id=WORKFLOW,
        tool="shop.refund",
        kind="refund",
        over=2500,
        currency="USD",
        apart=True,
        backup=NAMED,
        backup_after=3,
        hours=8,
        at_end="raise",
        refuse_same=True,
    )
    assert stored.terms() == PolicyTerms(
        id=POLICY,
        version=4,
        groups=(Group(("owner",), (), 2), Group((), (PERSON,), 1)),
        workflow_id=WORKFLOW,
        tool="shop.refund",
        kind="refund",
        over=2500,
        currency="USD",
        apart=True,
        backup=Group((), (PERSON,), 1),
        backup_after=3,
        hours=8,
        at_end="raise",
        refuse_same=True,
    )


def test_what_a_policy_leaves_out_matches_anything() -> None:
    stored = Policy(tenant_id=NOBODY, id=POLICY, groups=[OWNERS])
    assert stored.terms() == PolicyTerms(POLICY, 1, (Group(("owner",), (), 2),))
