"""The sidebar has what was said, signed and edited of an item, and its siblings."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import Comment, ItemRevision, Looking, SignOff, Snooze
from approvals.review.comments import comment
from approvals.review.sidebar import SHOWN, customer, read_sidebar
from tenants import clock
from tenants.db import unit_of_work
from tests.approvals.put_up import put_up
from tests.approvals.unsaved import unsaved_item
from tests.lanes import Lane

OUTSIDE = {"trigger": "api"}


@pytest.mark.parametrize(
    ("evidence", "asked_by", "found"),
    [
        ({"trigger": "api"}, "mia@customers.example", "mia@customers.example"),
        ({"trigger": "mail"}, "mia@customers.example", "mia@customers.example"),
        ({"trigger": "api"}, "API key shop", ""),
        ({"trigger": "schedule"}, "mia@customers.example", ""),
        ({"trigger": "person"}, "Dana", ""),
        ({}, "mia@customers.example", ""),
    ],
)
def test_a_customer_asked_from_outside_and_by_name(
    evidence: dict[str, Any], asked_by: str, found: str
) -> None:
    assert customer(unsaved_item(evidence=evidence, asked_by=asked_by)) == found


def test_an_item_that_nobody_touched_has_an_empty_sidebar(lane: Lane) -> None:
    item, owner = put_up(lane), lane.client.actor()
    unit_of_work.send_kept()
    with CaptureQueriesContext(connection) as asked:
        found = read_sidebar(item, owner)
    assert len(asked) == 1
    assert (found.said, found.signed, found.edited, found.seen) == ([], [], [], "")
    assert (found.seen_draft, found.first_draft, found.snoozed_until) == (None, None, None)
    assert (found.accepted, found.alike) == (0, 0)
    assert (found.of_run, found.waiting, found.decided) == ([], [], [])


def test_comments_come_in_the_order_they_were_said(lane: Lane) -> None:
    item, viewer = put_up(lane), lane.client.viewer
    comment(item.pk, "Is it so?", [viewer.pk], actor=lane.client.actor())
    lane.pass_time(minutes=1)
    comment(item.pk, "Yes.", actor=lane.client.actor(viewer))
    found = read_sidebar(item, lane.client.actor()).said
    assert [(one.by, one.text, one.asks) for one in found] == [
        (str(lane.client.owner), "Is it so?", (viewer.pk,)),
        (str(viewer), "Yes.", ()),
    ]
    times = Comment.objects.order_by("at").values_list("at", flat=True)
    assert [one.at for one in found] == list(times)


def test_sign_offs_are_those_of_the_content_now_and_edits_are_all(lane: Lane) -> None:
    item, owner = put_up(lane), lane.client.owner
    for content in ("0" * 64, item.content_hash):
        SignOff.objects.create(item=item, by=owner, role="owner", content_hash=content)
    for number, text in enumerate(("First.", "Second."), 1):
        ItemRevision.objects.create(
            item=item,
            number=number,
            draft={"text": text},
            content_hash=str(number) * 64,
            changed_by=owner,
            edits={"draft": text},
        )
    person = lane.client.approver
    Looking.objects.create(
        item=item, person=person, since=clock.now(), seen_at=clock.now(), content_hash="2" * 64
    )
    found = read_sidebar(item, lane.client.actor(person))
    assert [one.content_hash for one in found.signed] == [item.content_hash]
    assert [(one.content_hash, one.edits) for one in found.edited] == [
        ("1" * 64, {"draft": "First."}),
        ("2" * 64, {"draft": "Second."}),
    ]
    assert found.first_draft == {"text": "First."}
    assert (found.seen, found.seen_draft) == ("2" * 64, {"text": "Second."})
    other = read_sidebar(item, lane.client.actor())
    assert (other.seen, other.seen_draft) == ("", None)


def test_a_snooze_is_the_persons_own(lane: Lane) -> None:
    item, until = put_up(lane), clock.now() + timedelta(hours=1)
    Snooze.objects.create(item=item, person=lane.client.owner, until=until)
    assert read_sidebar(item, lane.client.actor()).snoozed_until == until
    other = lane.client.actor(lane.client.approver)
    assert read_sidebar(item, other).snoozed_until is None


def test_siblings_are_of_the_same_run_or_customer_and_not_of_another(lane: Lane) -> None:
    item = put_up(lane, "This", evidence=OUTSIDE)
    put_up(lane, "Of the run", run_id=item.run_id, step="other")
    late = clock.now() + timedelta(days=2)
    put_up(lane, "Later", evidence=OUTSIDE, due_at=late)
    put_up(lane, "Sooner", evidence=OUTSIDE)
    put_up(lane, "Another's", evidence=OUTSIDE, asked_by="theo@customers.example")
    found = read_sidebar(item, lane.client.actor())
    assert [one.title for one in found.of_run] == ["Of the run"]
    assert [one.title for one in found.waiting] == ["Sooner", "Later"]
    assert found.waiting[1].due_at == late
    assert found.decided == []


def test_one_more_sibling_than_is_shown_is_read(lane: Lane) -> None:
    item = put_up(lane, evidence=OUTSIDE)
    for _ in range(SHOWN + 2):
        put_up(lane, evidence=OUTSIDE)
    assert len(read_sidebar(item, lane.client.actor()).waiting) == SHOWN + 1


def test_alike_are_decided_items_of_the_same_workflow_and_kind(lane: Lane) -> None:
    lane.start()
    lane.decide()
    lane.start(order_id="10413")
    lane.decide("reject", reason="tone")
    lane.start()
    found = read_sidebar(lane.item(), lane.client.actor())
    assert (found.accepted, found.alike) == (1, 2)
    assert read_sidebar(put_up(lane), lane.client.actor()).alike == 0  # a draft, not an action
