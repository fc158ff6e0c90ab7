"""What an agent took: the time that others had its work does not count."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.workflows.unsaved import unsaved_step
from workflows.engine.agents.parts import CALL, HANDOFF
from workflows.engine.agents.usage import handed_over
from workflows.models import StepRun

START = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def part(kind: str, begins: int, ends: int | None) -> StepRun:
    ended = None if ends is None else START + timedelta(minutes=ends)
    return unsaved_step(kind=kind, began_at=START + timedelta(minutes=begins), ended_at=ended)


@pytest.mark.parametrize(
    ("parts", "minutes"),
    [
        ([], 0),
        ([part(HANDOFF, 1, 11)], 10),
        ([part(HANDOFF, 1, 11), part(HANDOFF, 1, 11)], 10),
        ([part(HANDOFF, 1, 11), part(HANDOFF, 5, 21)], 20),
        ([part(HANDOFF, 1, 11), part(HANDOFF, 20, 25)], 15),
        ([part(HANDOFF, -30, -20)], 0),
        ([part(HANDOFF, -30, 5)], 5),
        ([part(HANDOFF, 1, None), part(CALL, 1, 11)], 0),
    ],
)
def test_parts_side_by_side_count_once_and_former_ones_not_at_all(
    parts: list[StepRun], minutes: int
) -> None:
    assert handed_over(parts, unsaved_step(began_at=START)) == timedelta(minutes=minutes)
