"""A text and its action are shown as one: what differs is marked, one edit is of both."""

from collections.abc import Iterator

import pytest
from django.utils.html import escape

from approvals.models import Proposal
from tenants import clock
from tenants.errors import Refused
from tenants.models import Provider
from tests.lanes import Lane, open_lane
from tests.policy_kit import both, dana, policy
from tests.portal.review_kit import inside, text
from tests.world import DEFINITION
from workflows.models import Workflow

LESS = {0: {"amount": {"value": 3000, "currency": "USD"}}}
DIFFERS = "The text says $48.20; the action has $30.00."


@pytest.fixture
def lane(db: None) -> Iterator[Lane]:
    with open_lane() as opened:
        yield opened


def _page(lane: Lane, query: str = "") -> str:
    return text(inside(lane.client).get(f"/review/{lane.item().pk}/{query}"))


def test_a_text_that_says_another_sum_is_marked_before_approval(lane: Lane) -> None:
    policy(lane, both(lane))
    lane.start()
    assert "The text and the action differ" not in _page(lane)
    lane.say("correct", actor=dana(lane), args=LESS)
    assert DIFFERS in _page(lane)
    confirm = text(inside(lane.client).get(f"/review/{lane.item().pk}/confirm/"))
    assert DIFFERS in confirm


def _fields(lane: Lane, **changed: str) -> dict[str, str]:
    item = lane.item()
    return {
        "choice": "correct",
        "content_hash": item.content_hash,
        "draft": item.draft["text"],
        "arg-0-amount": "30.00",
    } | changed


def test_one_edit_changes_the_action_and_the_text(lane: Lane) -> None:
    lane.start()
    assert "Change the amount in the draft too" in _page(lane, "?edit=1")
    visitor = inside(lane.client)
    follows = {"follows-arg-0-amount": "on"}
    path = f"/review/{lane.item().pk}"
    shown = text(visitor.post(f"{path}/difference/", _fields(lane, **follows)))
    assert "$30.00" in shown
    assert DIFFERS not in shown
    assert visitor.post(f"{path}/decide/", _fields(lane, **follows)).status_code == 302
    said = {p.tool_name: p.args for p in Proposal.objects.exclude(status="superseded")}
    assert said["shop.refund"]["amount"]["value"] == 3000
    assert "$30.00" in said["mail.send"]["body"]
    assert "$48.20" not in said["mail.send"]["body"]


def test_an_edit_of_the_action_alone_says_what_differs_while_one_types(lane: Lane) -> None:
    lane.start()
    shown = inside(lane.client).post(f"/review/{lane.item().pk}/difference/", _fields(lane))
    assert DIFFERS in text(shown)


def test_what_differs_is_not_accepted_unread_among_others(lane: Lane) -> None:
    lane.use(
        DEFINITION.replace("refund-replies", "flat-refunds").replace(
            "[[money orders.total_cents]]", "$12.00"
        )
    )
    lane.start()
    with pytest.raises(Refused, match=r"The text says \$12.00; the action has \$48.20"):
        lane.say(is_one_of_many=True)
    assert lane.say().choice == "accept"


def test_an_edited_sentence_is_held_against_the_sources_again(lane: Lane) -> None:
    policy(lane, both(lane))
    lane.start()
    before = lane.item().draft["text"]
    lane.say("correct", actor=dana(lane), draft=before.replace("30 days", "90 days"))
    page = _page(lane)
    assert '<mark class="unsaid">Damaged items are refunded in full within 90 days' in page
    assert "The source does not say 90" in page


def test_a_sentence_that_stands_as_it_was_keeps_its_mark_after_an_edit(lane: Lane) -> None:
    policy(lane, both(lane))
    lane.start()
    before = lane.item().draft["text"]
    lane.say("correct", actor=dana(lane), draft=before + "\nBest wishes")
    assert '<mark class="said">Damaged items are refunded in full within 30 days' in _page(lane)


def test_everybody_who_edited_or_agreed_is_named_afterwards(lane: Lane) -> None:
    policy(lane, both(lane))
    lane.start()
    item = lane.item()
    lane.say(actor=lane.client.actor())
    lane.say("correct", actor=dana(lane), args=LESS)
    lane.decide(actor=lane.client.actor())
    owner, approver = escape(str(lane.client.owner)), escape(str(lane.client.approver))
    visitor = inside(lane.client)
    for path in (f"/review/{item.pk}/", f"/runs/{item.run_id}/"):
        page = text(visitor.get(path))
        assert f"{owner} approved what it said before" in page
        assert f"{approver} edited it" in page
        assert f"{owner} accepted this" in page or f"{owner}, 12:00: accepted" in page


def test_what_a_paused_workflow_or_a_stopped_provider_holds_is_not_offered(lane: Lane) -> None:
    lane.start()
    assert 'value="accept"' in _page(lane)
    Workflow.objects.update(paused_at=clock.now())
    page = _page(lane)
    assert 'value="accept"' not in page
    assert "is paused" in page
    Workflow.objects.update(paused_at=None)
    Provider.objects.update(stopped_at=clock.now())
    page = _page(lane)
    assert 'value="accept"' not in page
    assert "has stopped all work" in page


def test_why_you_says_what_holds_now_not_what_held_when_it_was_put_up(lane: Lane) -> None:
    lane.start()
    assert "One approval is enough." in _page(lane)
    policy(lane, both(lane))
    page = _page(lane)
    assert "One approval is enough." not in page
    assert page.count("By your policy it needs") == 2  # in the notice and beside the item
