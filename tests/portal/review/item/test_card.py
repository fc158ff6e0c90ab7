"""What a card says of several actions together."""

import pytest

from approvals.models import Proposal, Tool
from portal.review.item import card
from tenants.scope import tenant_scope
from tests.world import make_world


@pytest.mark.django_db
def test_how_two_actions_of_one_tool_are_undone_is_said_once() -> None:
    with tenant_scope(make_world().harbor.tenant.pk):
        refund = Tool(title="Refund", phrases={"undo": "The refund can be undone for 24 hours"})
        mail = Tool(title="E-mail", phrases={"undo": "the e-mail can't be unsent"})
        actions = [Proposal(tool=tool, args={}) for tool in (refund, refund, mail)]
        said = card.undo_sentence(actions, "en_US")
    assert said == "The refund can be undone for 24 hours; the e-mail can't be unsent."
