"""Outputs of steps in the shape that expressions read, and names of rows for people."""

from datetime import UTC, datetime

import pytest
from django.db.models import Model

from tests.approvals.unsaved import NOBODY
from tests.workflows.unsaved import unsaved_run, unsaved_step, unsaved_workflow
from workflows.models import Arrival, Call, Circuit, Run, Version, outputs


def test_only_steps_that_are_done_have_an_output() -> None:
    statuses = ("done", "failed", "skipped", "waiting", "running", "cancelled")
    steps = [unsaved_step(name=status, status=status, output={"n": 1}) for status in statuses]
    assert outputs(steps) == {"done": {"output": {"n": 1}}}


def test_a_step_that_is_done_without_an_output_is_read_as_none() -> None:
    assert outputs([unsaved_step(name="a", status="done")]) == {"a": {"output": None}}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (unsaved_workflow(title="Refunds"), "Refunds"),
        (Version(tenant_id=NOBODY, number=3), "version 3"),
        (unsaved_run(started_at=datetime(2026, 11, 7, 9, 5, tzinfo=UTC)), "Run of 07 Nov 09:05"),
        (unsaved_step(name="reply"), "reply"),
        (Call(tenant_id=NOBODY, kind="model", name="openai/x"), "model openai/x"),
        (Arrival(tenant_id=NOBODY, name="payment.received"), "payment.received"),
        (Circuit(tenant_id=NOBODY, name="shop.refund"), "shop.refund"),
    ],
)
def test_a_row_is_called_by_what_people_know_it_by(row: Model, said: str) -> None:
    assert str(row) == said


def test_a_run_is_of_normal_priority_by_one_of_the_known_triggers() -> None:
    assert (Run.PRIORITIES, unsaved_run().priority) == (
        [(0, "interactive"), (1, "normal"), (2, "bulk")],
        1,
    )
