"""Rows that wait for a limit and calls in flight are counted, by client and by workflow."""

from uuid import uuid4

import pytest

from audit.models import Outbox
from audit.worker import backlog
from tenants import clock
from tests.audit.worker.jobs import LANE, VIA, in_flight, owe, waiting
from tests.world import World

pytestmark = pytest.mark.usefixtures("recorder")


def test_rows_ahead_are_those_of_the_same_client_and_limit(world: World) -> None:
    first, second = waiting(world.harbor), waiting(world.harbor)
    waiting(world.harbor, LANE)
    waiting(world.quill)
    free = owe(world.harbor)
    rows = [first, second, free, uuid4()]
    assert backlog.ahead_at_limit(world.harbor.tenant.pk, rows) == {first: 0, second: 1}
    assert backlog.ahead_at_limit(world.quill.tenant.pk, rows) == {}


def test_calls_in_flight_are_counted_by_workflow(world: World) -> None:
    in_flight(world.harbor, LANE, VIA)
    ended = in_flight(world.harbor, LANE)
    Outbox.objects.filter(pk=ended.id).update(lease_until=clock.now())
    assert backlog.calls_in_flight([LANE.key, "lane:other"]) == {LANE.key: 1, "lane:other": 0}
