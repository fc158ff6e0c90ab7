"""A status moves only as its machine allows, guarded by the status before, and on the record."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from approvals.models import ReviewItem
from audit.models import Event
from audit.transitions import machine, move
from audit.verbs import Verb
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.errors import Conflict
from tests.approvals.put_up import put_up
from tests.lanes import Lane, open_lane

DOOR = machine("door", open="closed stuck", closed="open", taken_out="", stuck="taken_out")


@pytest.fixture
def lane(db: None) -> Iterator[Lane]:
    with open_lane() as opened:
        yield opened


def test_a_machine_is_its_statuses_and_what_may_follow_each() -> None:
    assert DOOR.follows == {
        "open": {"closed", "stuck"},
        "closed": {"open"},
        "taken_out": frozenset(),
        "stuck": {"taken_out"},
    }
    assert DOOR.statuses == ["open", "closed", "taken_out", "stuck"]
    assert DOOR.choices[2] == ("taken_out", "taken out")
    assert DOOR.final() == ["taken_out"]


def test_a_status_follows_only_where_the_machine_says_so() -> None:
    DOOR.check("open", "closed")
    DOOR.check("stuck", "taken_out")
    for now, to in (("closed", "stuck"), ("open", "open"), ("taken_out", "open"), ("open", "new")):
        with pytest.raises(Conflict) as refused:
            DOOR.check(now, to)
        assert (refused.value.code, refused.value.data) == ("wrong_state", {"state": now})
    with pytest.raises(Conflict, match="This door is taken out, so it can't become open"):
        DOOR.check("taken_out", "open")
    with pytest.raises(KeyError):
        DOOR.check("nowhere", "open")


def test_a_move_writes_status_fields_and_event_together(lane: Lane) -> None:
    item, now = put_up(lane), timezone.now()
    move(
        item,
        "decided",
        actor=SYSTEM,
        verb=Verb.ITEM_ACCEPTED,
        reason="Fine.",
        choice="accept",
        decided_at=now,
    )
    assert (item.status, item.choice) == ("decided", "accept")
    stored = ReviewItem.objects.get(pk=item.pk)
    assert (stored.status, stored.choice, stored.decided_at) == ("decided", "accept", now)
    event = Event.objects.get(verb="item.accepted")
    assert (event.before, event.after) == ({"status": "waiting"}, {"status": "decided"})
    assert (event.object_id, event.reason) == (item.pk, "Fine.")


def test_a_move_the_machine_forbids_changes_and_records_nothing(lane: Lane) -> None:
    item = put_up(lane)
    with pytest.raises(Conflict, match="This review item is waiting"):
        move(item, "executed", actor=SYSTEM, verb=Verb.ITEM_ACCEPTED)
    assert item.status == "waiting"
    assert not Event.objects.filter(verb="item.accepted").exists()


def test_of_two_moves_at_once_the_second_is_told(lane: Lane) -> None:
    first, second = put_up(lane), ReviewItem.objects.get()
    move(first, "cancelled", actor=SYSTEM)
    unit_of_work.send_kept()
    move(second, "expired", actor=SYSTEM)
    with pytest.raises(Conflict, match="changed while you looked") as lost:
        unit_of_work.send_kept()
    assert lost.value.code == "changed"
    assert ReviewItem.objects.get().status == "cancelled"


def test_a_move_may_be_bound_to_more_than_the_status(lane: Lane) -> None:
    put_up(lane)
    item = ReviewItem.objects.get()
    move(item, "cancelled", actor=SYSTEM, only_if={"content_hash": "0" * 64})
    with pytest.raises(Conflict):
        unit_of_work.send_kept()
    assert ReviewItem.objects.get().status == "waiting"
