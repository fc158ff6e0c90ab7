"""Several parts of the queue are counted in one statement, each up to a limit."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from approvals.models import Snooze
from approvals.review.counts import LATER, LOOKED, CappedCounts, Counted, Part
from approvals.review.selectors import queue, snoozes
from approvals.review.visibility import ANY_VIEWER
from tenants import clock
from tenants.db import unit_of_work
from tests.approvals.put_up import put_up
from tests.lanes import Lane

LAMP, STOOL = Q(title__startswith="Lamp"), Q(title__startswith="Stool")


def capped_counts(parts: list[Part], most: int, **values: Any) -> list[Counted]:
    """Count the parts once, with these values of their parameters."""
    return CappedCounts(parts, most).count(values)


def test_each_part_is_counted_by_each_of_its_conditions_in_one_statement(lane: Lane) -> None:
    for title in ("Lamp 1", "Lamp 2", "Stool 1"):
        put_up(lane, title)
    parts = [
        Part(queue(), {"lamps": LAMP, "all": Q()}),
        Part(queue().filter(STOOL), {"lamps": LAMP, "stools": STOOL}),
    ]
    unit_of_work.send_kept()
    with CaptureQueriesContext(connection) as asked:
        found = capped_counts(parts, 10)
    assert len(asked) == 1
    assert found == [
        {LOOKED: 3, LATER: 0, "lamps": 2, "all": 3},
        {LOOKED: 1, LATER: 0, "lamps": 0, "stools": 1},
    ]


def test_only_the_first_items_in_the_order_of_the_queue_are_read(lane: Lane) -> None:
    for hours, title in enumerate(("Lamp 1", "Stool 1", "Lamp 2"), 1):
        put_up(lane, title, due_at=clock.now() + timedelta(hours=hours))
    wanted = {"lamps": LAMP, "stools": STOOL}
    assert capped_counts([Part(queue(), wanted)], 2) == [
        {LOOKED: 2, LATER: 0, "lamps": 1, "stools": 1}
    ]
    assert capped_counts([Part(queue(), wanted)], 1) == [
        {LOOKED: 1, LATER: 0, "lamps": 1, "stools": 0}
    ]


def test_what_is_snoozed_counts_only_where_every_item_is_asked_for(lane: Lane) -> None:
    owner = lane.client.actor()
    asleep = put_up(lane, "Lamp 1")
    put_up(lane, "Lamp 2")
    Snooze.objects.create(item=asleep, person_id=owner.id, until=clock.now() + timedelta(hours=1))
    part = Part(queue(), {"lamps": LAMP, "all": Q()}, frozenset({"all"}), snoozes(ANY_VIEWER))
    assert capped_counts([part], 10, person=owner.id, now=clock.now()) == [
        {LOOKED: 2, LATER: 1, "lamps": 1, "all": 2}
    ]


def test_a_part_or_a_condition_that_nothing_can_meet_counts_nothing(lane: Lane) -> None:
    put_up(lane, "Lamp 1")
    nothing = Q(pk__in=[])
    parts = [Part(queue().none(), {"lamps": LAMP}), Part(queue(), {"none": nothing, "lamps": LAMP})]
    assert capped_counts(parts, 10) == [
        {LOOKED: 0, LATER: 0, "lamps": 0},
        {LOOKED: 1, LATER: 0, "none": 0, "lamps": 1},
    ]
    assert capped_counts([Part(queue().none(), {})], 10) == [{LOOKED: 0, LATER: 0}]
    assert capped_counts([], 10) == []
