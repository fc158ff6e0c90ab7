"""An item is called what its live actions say: after an edit, for the next approver, taken back."""

from approvals.decisions.withdrawal import withdraw_decision
from approvals.models import ItemRevision, ReviewItem
from audit import outbox
from audit.models import Event
from tests.lanes import Lane
from tests.policy_kit import both, dana, policy
from tests.portal.review_kit import inside, text

LESS = {0: {"amount": {"value": 3000, "currency": "USD"}}}


def _title() -> str:
    return ReviewItem.objects.get(kind="proposal").title


def test_an_edited_amount_is_the_one_in_the_title(lane: Lane) -> None:
    lane.start()
    assert "$48.20" in _title()
    lane.say("correct", args=LESS)
    assert "$30.00" in _title()
    assert "$48.20" not in _title()
    outbox.drain()
    corrected = Event.objects.get(verb="item.corrected")
    assert "$30.00" in corrected.object_label


def test_the_next_approver_reads_the_edited_amount_everywhere(lane: Lane) -> None:
    policy(lane, both(lane))
    lane.start()
    made = lane.say("correct", actor=dana(lane), args=LESS)
    assert isinstance(made, ItemRevision)
    assert "$30.00" in _title()
    visitor = inside(lane.client)
    for path in ("/review/", f"/review/{lane.item().pk}/", f"/review/{lane.item().pk}/confirm/"):
        page = text(visitor.get(path))
        assert "$30.00" in page
        assert "Refund $48.20" not in page


def test_what_is_taken_back_is_called_what_it_was(lane: Lane) -> None:
    lane.client.tenant.take_back_seconds = 10
    lane.client.tenant.save()
    lane.start()
    before = _title()
    lane.say("correct", args=LESS)
    withdraw_decision(_item().pk, actor=lane.client.actor())
    assert _title() == before
    lane.say("correct", args=LESS)
    assert "$30.00" in _title()


def _item() -> ReviewItem:
    return ReviewItem.objects.get(kind="proposal")


def test_an_edit_of_the_text_alone_leaves_the_title(lane: Lane) -> None:
    lane.start()
    before = _title()
    lane.say("correct", draft="Sorry, Mia.")
    assert _title() == before
