"""An item is opened whole, with its deadline, and closed with all its actions."""

from datetime import timedelta

from approvals.models import ReviewItem, Tool, content_of
from approvals.review.services import Action, cancel_items_of, propose
from audit.canonical import sha256
from audit.models import Event, Outbox
from tenants import clock
from tests.approvals.put_up import put_up
from tests.lanes import Lane


def refund(**args: object) -> Action:
    return Action("refund", Tool.objects.get(name="shop.refund"), dict(args), ["s1"], "read_only")


def test_an_item_is_opened_with_its_actions_its_hash_and_its_deadline(lane: Lane) -> None:
    mail = Action("send", Tool.objects.get(name="mail.send"), {"to": "x"}, [], "read_only")
    actions = (mail, refund(order="Cafe\u0301"))
    item = put_up(lane, "t" * 300, asked_by="a" * 200, why="w" * 400, actions=actions)
    stored = ReviewItem.objects.get(pk=item.pk)
    lengths = (len(stored.title), len(stored.asked_by), len(stored.why))
    assert lengths == (200, 160, 300)
    assert stored.tags == ["refund", "send"]
    proposals = list(stored.proposals.order_by("position"))
    assert [(p.step, p.status, p.revision) for p in proposals] == [
        ("send", "proposed", 1),
        ("refund", "proposed", 1),
    ]
    assert proposals[1].args == {"order": "Café"}
    assert proposals[1].args_hash == sha256({"order": "Café"})
    assert stored.content_hash == sha256(content_of(stored, proposals))
    event = Event.objects.get(object_id=item.pk)
    assert (event.verb, event.after) == ("item.opened", {"content": stored.content_hash})
    assert Outbox.objects.get(object_id=item.pk).due_at == stored.due_at


def test_an_exception_is_raised_and_a_reminder_comes_before_the_deadline(lane: Lane) -> None:
    soon = clock.now() + timedelta(hours=1)
    item = put_up(lane, kind="exception", first_due_at=soon)
    assert Event.objects.get(object_id=item.pk).verb == "exception.raised"
    assert Outbox.objects.get(object_id=item.pk).due_at == soon


def test_a_proposal_is_of_its_tools_version_and_is_not_stored_yet(lane: Lane) -> None:
    item = put_up(lane)
    Tool.objects.filter(name="shop.refund").update(version=7)
    found = propose(item, 3, refund(order="1"), revision=2)
    assert (found.tool_name, found.tool_version, found.kind) == ("shop.refund", 7, "refund")
    assert (found.position, found.revision, found.sources, found.rung) == (
        3,
        2,
        ["s1"],
        "read_only",
    )
    assert not item.proposals.exists()


def test_a_runs_items_are_cancelled_with_their_actions_and_the_run_is_told(lane: Lane) -> None:
    item = put_up(lane, actions=(refund(order="1"),))
    other = put_up(lane)
    cancel_items_of(item.run_id, actor=lane.client.actor(), reason="The run ended.")
    item.refresh_from_db()
    other.refresh_from_db()
    assert (item.status, item.proposals.get().status, other.status) == (
        "cancelled",
        "cancelled",
        "waiting",
    )
    event = Event.objects.get(verb="item.cancelled")
    assert (event.object_id, event.reason) == (item.pk, "The run ended.")
    assert Outbox.objects.filter(topic="item.closed").count() == 1
