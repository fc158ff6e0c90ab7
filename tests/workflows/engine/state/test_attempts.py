"""Attempts of a step: the later one takes the place of the former, which stays to be read."""

from typing import Any

import pytest

from audit.models import Event
from tests.lanes import Lane
from workflows.engine.state import attempts
from workflows.engine.state.context import lock_context
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.models import StepRun


@pytest.fixture
def row(lane: Lane) -> StepRun:
    """The first attempt at the reply of a run."""
    return StepRun.objects.get(run=lane.start(), name="reply")


def item(row: StepRun, number: int, status: str) -> StepRun:
    return StepRun.objects.create(
        run_id=row.run_id, name=row.name, kind=row.kind, item=number, status=status
    )


def live(row: StepRun) -> list[tuple[int | None, int, str]]:
    """What stands of a step now: each item, its attempt and its status."""
    rows = StepRun.objects.filter(run_id=row.run_id, name=row.name, replaced_at=None)
    return list(rows.order_by("item", "id").values_list("item", "attempt", "status"))


def test_the_next_attempt_takes_the_place_of_the_former(row: StepRun) -> None:
    anew = attempts.begin_anew(row, "running", note="Again.")
    assert live(row) == [(None, 2, "running")]
    assert (anew.name, anew.kind, anew.note, anew.output) == ("reply", "generate", "Again.", None)
    former = StepRun.objects.get(pk=row.pk)
    assert (former.attempt, former.status) == (1, "done")
    assert former.replaced_at is not None


def test_a_failed_list_takes_its_unfinished_items_with_it_and_keeps_the_others(
    row: StepRun,
) -> None:
    for number, status in enumerate(("done", "failed", "waiting")):
        item(row, number, status)
    StepRun.objects.filter(pk=row.pk).update(status="failed")
    row.refresh_from_db()
    attempts.supersede(row)
    assert live(row) == [(0, 1, "done")]


def test_a_list_that_did_not_fail_keeps_its_items(row: StepRun) -> None:
    item(row, 0, "waiting")
    attempts.supersede(row)
    assert live(row) == [(0, 1, "waiting")]


def test_a_step_that_is_reset_has_not_begun(lane: Lane, row: StepRun) -> None:
    context = lock_context(row.run_id)
    assert context is not None
    attempts.reset_step(context, context.steps["reply"])
    assert "reply" not in context.steps
    assert live(row) == []


def failed(row: StepRun, problem: str) -> tuple[Any, ...]:
    StepRun.objects.filter(pk=row.pk).update(status="running", output=None)
    row.refresh_from_db()
    attempts.fail_step(row, problem)
    found = StepRun.objects.get(pk=row.pk)
    return found.status, found.note, found.output


def test_a_step_fails_with_its_reason_in_the_record(row: StepRun) -> None:
    assert failed(row, "It broke.") == ("failed", "It broke.", None)
    event = Event.objects.filter(verb="step.failed").latest("id")
    assert (event.object_id, event.reason) == (row.pk, "It broke.")


def test_an_item_keeps_the_cause_until_its_step_says_it(row: StepRun) -> None:
    cause = {"cause": "said_no", "field": "order", "details": "422"}
    problem = CausedProblem("No.", Cause.SAID_NO, "order", "422")
    assert failed(item(row, 0, "running"), problem) == ("failed", "No.", cause)
    plain = {"cause": "code", "field": "", "details": ""}
    assert failed(item(row, 1, "running"), "It broke.") == ("failed", "It broke.", plain)
