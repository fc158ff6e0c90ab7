"""What a card says of several actions together."""

import pytest

from approvals.models import Proposal, Tool
from portal.review.item import card
from tenants.scope import tenant_scope
from tests.portal.agents_kit import waiting_card
from tests.portal.visiting import text, visit
from tests.world import make_world


@pytest.mark.django_db
def test_how_two_actions_of_one_tool_are_undone_is_said_once() -> None:
    with tenant_scope(make_world().harbor.tenant.pk):
        refund = Tool(title="Refund", phrases={"undo": "The refund can be undone for 24 hours"})
        mail = Tool(title="E-mail", phrases={"undo": "the e-mail can't be unsent"})
        actions = [Proposal(tool=tool, args={}) for tool in (refund, refund, mail)]
        said = card.undo_sentence(actions, "en_US")
        gone = Proposal(tool=refund, args={}, status="undone")
        later = card.undo_sentence([gone], "en_US"), card.undo_sentence([gone, actions[2]], "en_US")
    assert said == "The refund can be undone for 24 hours; the e-mail can't be unsent."
    assert later == ("This was undone.", "Refund was undone; the e-mail can't be unsent.")


@pytest.mark.django_db
def test_what_acts_in_a_test_environment_says_so_on_card_button_and_trace() -> None:
    with waiting_card() as lane:
        Tool.objects.filter(name="shop.refund").update(is_test=True)
        item, pages = lane.item(), visit(lane.client.owner, lane.client)
        mixed = " ".join(text(pages.get(f"review/{item.pk}/")).split())
        assert (
            mixed.count('<span class="badge orange">test environment</span>') == 3
        )  # the queue's row too
        assert "in test" not in mixed.replace("in test environment", "")
        Tool.objects.filter(name="mail.send").update(is_test=True)
        whole = " ".join(text(pages.get(f"review/{item.pk}/")).split())
        assert "Approve, refund and send in test" in whole
        trace = " ".join(text(pages.get(f"runs/{lane.run().pk}/")).split())
        assert "shop.refund, version 1, in a test environment" in trace
