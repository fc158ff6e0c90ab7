"""A drill is passed where it came through and each declared fallback happened."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from tests.lanes import Lane
from workflows.models import Drill

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


def made(lane: Lane, **columns: object) -> Drill:
    live = lane.workflow.live
    return Drill(workflow=lane.workflow, version=live, started_at=NOW, **columns)


def test_it_is_passed_only_where_all_was_shown(lane: Lane) -> None:
    assert not made(lane).is_passed
    assert made(lane, ended_at=NOW, shown=2, declared=2).is_passed
    assert not made(lane, ended_at=NOW, shown=1, declared=2).is_passed
    assert not made(lane, ended_at=NOW, problem="It was stopped.").is_passed
    assert str(made(lane)) == "Drill of 28 Nov 09:00"


def test_one_at_a_time_is_under_way(lane: Lane) -> None:
    made(lane).save()
    made(lane, ended_at=NOW).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        made(lane).save()
