"""Who has an item open is said to the others while they are there, and holds nothing."""

from datetime import timedelta

import pytest

from approvals.models import Looking, ReviewItem, SignOff
from approvals.review.presence import SAME, STILL, Present, end_viewing, record_viewing
from tenants import clock
from tenants.actors import Actor
from tenants.errors import NotFound
from tenants.ids import uuid7
from tests.approvals.put_up import put_up
from tests.lanes import Lane

A, B = "a" * 32, "b" * 32
SECOND = timedelta(seconds=1)


@pytest.fixture
def item(lane: Lane) -> ReviewItem:
    return put_up(lane)


def approver(lane: Lane) -> Actor:
    return lane.client.actor(lane.client.approver)


def names(found: Present) -> tuple[list[str], str]:
    """The others, and who of them came first."""
    return [str(one.person) for one in found.others], str(found.first.person if found.first else "")


def test_the_second_hears_of_the_first_and_the_first_of_the_second(
    lane: Lane, item: ReviewItem
) -> None:
    owner, other = lane.client.actor(), approver(lane)
    assert names(record_viewing(item.pk, actor=owner)) == ([], "")
    clock.pass_time(SECOND)
    first = str(lane.client.owner)
    assert names(record_viewing(item.pk, actor=other)) == ([first], first)
    assert names(record_viewing(item.pk, actor=owner)) == ([str(lane.client.approver)], "")


def test_who_was_not_seen_for_long_is_gone(lane: Lane, item: ReviewItem) -> None:
    record_viewing(item.pk, actor=lane.client.actor())
    clock.pass_time(STILL - SECOND)
    assert len(record_viewing(item.pk, actor=approver(lane)).others) == 1
    clock.pass_time(SECOND)
    assert record_viewing(item.pk, actor=approver(lane)).others == []


@pytest.mark.parametrize(("away", "is_first"), [(SAME - SECOND, True), (SAME, False)])
def test_a_short_absence_keeps_ones_place(
    lane: Lane, item: ReviewItem, away: timedelta, is_first: bool
) -> None:
    came = clock.now()
    record_viewing(item.pk, actor=lane.client.actor())
    clock.pass_time(away)
    record_viewing(item.pk, actor=lane.client.actor())
    assert Looking.objects.get().since == (came if is_first else clock.now())


def test_a_page_that_ended_is_gone_at_once_unless_another_is_open(
    lane: Lane, item: ReviewItem
) -> None:
    owner = lane.client.actor()
    for viewing in (A, B):
        record_viewing(item.pk, viewing=viewing, actor=owner)
    end_viewing(item.pk, A, actor=owner)
    assert len(record_viewing(item.pk, actor=approver(lane)).others) == 1
    record_viewing(item.pk, viewing=A, actor=owner)  # a late report of the page that ended
    end_viewing(item.pk, B, actor=owner)
    assert record_viewing(item.pk, actor=approver(lane)).others == []


def test_who_has_signed_is_not_said_to_be_looking(lane: Lane, item: ReviewItem) -> None:
    owner = lane.client.actor()
    record_viewing(item.pk, actor=owner)
    content = item.content_hash
    SignOff.objects.create(item=item, by_id=owner.id, role="owner", content_hash=content)
    assert record_viewing(item.pk, actor=approver(lane)).others == []


def test_what_was_seen_is_kept_where_it_is_a_hash(lane: Lane, item: ReviewItem) -> None:
    owner = lane.client.actor()
    for seen, kept in (("x" * 64, ""), ("0" * 64, "0" * 64), ("", "0" * 64), ("1" * 64, "1" * 64)):
        record_viewing(item.pk, seen, actor=owner)
        assert Looking.objects.get().content_hash == kept


def test_staff_and_keys_look_without_being_noted(lane: Lane, item: ReviewItem) -> None:
    key = Actor("key", lane.client.owner.pk, "shop key")
    for actor in (lane.world.staff(lane.client), key):
        record_viewing(item.pk, actor=actor)
        end_viewing(item.pk, actor=actor)
    assert not Looking.objects.exists()


def test_nobody_looks_at_what_does_not_wait_or_is_not_there(lane: Lane, item: ReviewItem) -> None:
    ReviewItem.objects.filter(pk=item.pk).update(status="cancelled")
    assert record_viewing(item.pk, actor=lane.client.actor()) == Present([], None)
    end_viewing(item.pk, actor=lane.client.actor())
    assert not Looking.objects.exists()
    for attempt in (record_viewing, end_viewing):
        with pytest.raises(NotFound):
            attempt(uuid7(), actor=lane.client.actor())
