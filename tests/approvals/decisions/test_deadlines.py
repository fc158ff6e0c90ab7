"""Deadlines by working hours: reminded, escalated, and what follows at the end."""

from datetime import timedelta

from approvals.models import ReviewItem
from approvals.rules.policy_terms import Group
from audit.models import Outbox
from tenants import clock
from tests.lanes import Lane
from tests.policy_kit import policy, waits_for
from tests.portal.review_kit import DRAFTS


def test_working_hours_remind_escalate_and_end(lane: Lane) -> None:
    backup = Group(roles=("owner",))
    named = Group(people=(lane.client.approver.pk,))
    policy(lane, named, hours=8, backup=backup, backup_after=6)
    lane.start()
    item = lane.item()
    # Noon of a Tuesday, open until five: three hours are left of the eight.
    assert item.due_at - clock.now() == timedelta(hours=24)
    assert waits_for(lane.client.actor()) == []
    lane.pass_time(hours=4, minutes=1)
    assert "item.reminded" in lane.verbs()
    assert lane.item().escalated_at is None
    (mail,) = lane.post.messages
    assert mail["to"] == [lane.client.approver.email]
    assert mail["subject"].strip() == f"Harbor & Pine: waits for you: {item.title}"
    assert "I've refunded $48.20 to your card." in mail["text"]
    assert f"/t/harbor-pine/review/{item.pk}/" in mail["text"]
    lane.pass_time(hours=18)
    assert "item.escalated" in lane.verbs()
    assert waits_for(lane.client.actor()) == [lane.item()]
    assert [mail["to"] for mail in lane.post.messages[1:]] == [[lane.client.owner.email]]
    lane.pass_time(hours=2)
    assert ReviewItem.objects.get().status == "expired"
    assert lane.statuses() == {"refund": "expired", "send": "expired"}
    assert lane.verbs().count("item.reminded") == lane.verbs().count("item.escalated") == 1
    assert not Outbox.objects.filter(topic="item.expire").exists()


def test_what_nobody_decided_in_time_becomes_an_exception_where_the_policy_says_so(
    lane: Lane,
) -> None:
    policy(lane, hours=2, at_end="raise")
    lane.start()
    first = lane.item()
    lane.pass_time(hours=3)
    assert lane.statuses() == {"refund": "expired", "send": "expired"}
    assert lane.run().status == "failed"
    assert "Nobody decided in time" in lane.exception().draft["problem"]
    lane.resolve("ask_again")
    again = lane.item()
    assert (again.pk != first.pk, again.kind) == (True, "proposal")
    lane.decide()
    assert lane.run().status == "done"
    assert len(lane.shop.requests) == 1


def test_without_that_it_is_over(lane: Lane) -> None:
    policy(lane, hours=2)
    lane.start()
    lane.pass_time(hours=3)
    assert lane.run().status == "done"
    assert not ReviewItem.objects.filter(kind="exception").exists()


def test_a_draft_that_nobody_decided_is_over_all_the_same(lane: Lane) -> None:
    lane.use(DRAFTS)
    policy(lane, hours=2, at_end="raise")
    lane.start()
    lane.pass_time(hours=3)
    assert lane.run().status == "done"
    assert not ReviewItem.objects.filter(status="waiting").exists()
