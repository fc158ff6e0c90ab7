"""Runs are locked and read in one question, alone or many ahead."""

import json
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals.models import ReviewItem
from audit import outbox
from audit.worker import claims
from audit.worker.handlers import read_aheads
from tenants.scope import tenant_scope
from tests.lanes import Lane
from workflows.engine.state.entered_runs import (
    enter_run,
    loading,
    loading_for_calls,
    loading_for_items,
)
from workflows.models import Call, Run
from workflows.services.runs import cancel_run


def test_a_run_is_read_with_its_steps_and_items(lane: Lane) -> None:
    run = lane.start()
    entered = enter_run(run.pk)
    assert entered is not None
    work = json.loads(entered.work)
    assert work["run"]["id"] == str(run.pk)
    assert {step["name"]: step["status"] for step in work["steps"]} == lane.steps()
    assert [item["id"] for item in work["items"]] == [str(lane.item().pk)]
    assert json.loads(entered.workflow)["slug"] == "refund-replies"


def test_a_run_that_is_over_is_not_read(lane: Lane) -> None:
    run = lane.start()
    cancel_run(run.pk, actor=lane.client.actor())
    assert enter_run(run.pk) is None
    with loading([run.pk]):
        assert enter_run(run.pk) is None


def test_runs_that_were_read_ahead_are_each_taken_without_another_question(
    lane: Lane, django_assert_num_queries: Any
) -> None:
    runs = [lane.start(n=n) for n in range(3)]
    with django_assert_num_queries(1), loading([run.pk for run in runs]):
        found = [enter_run(run.pk) for run in runs]
    entered = [json.loads(one.work)["run"]["id"] for one in found if one is not None]
    assert entered == [str(run.pk) for run in runs]


def test_a_run_that_was_read_ahead_is_taken_once(
    lane: Lane, django_assert_num_queries: Any
) -> None:
    """What it says may have changed since it was taken."""
    run = lane.start()
    with loading([run.pk]):
        enter_run(run.pk)
        with django_assert_num_queries(1):
            assert enter_run(run.pk) is not None


def test_runs_are_read_ahead_by_their_calls_and_items_too(
    lane: Lane, django_assert_num_queries: Any
) -> None:
    runs = [lane.start(n=n) for n in range(2)]
    calls = list(Call.objects.values_list("pk", flat=True))
    items = list(ReviewItem.objects.values_list("pk", flat=True))
    for ahead, ids in ((loading_for_calls, calls), (loading_for_items, items)):
        with ahead(ids), django_assert_num_queries(0):
            assert all(enter_run(run.pk) is not None for run in runs)


def test_a_run_is_read_in_the_statement_that_claims_its_row_or_completes_its_call(
    lane: Lane,
) -> None:
    """Beginning, the model's answer, the decision, the effect: one statement each."""
    with CaptureQueriesContext(connection) as asked:
        lane.start()
        lane.decide()
    readings = [one["sql"] for one in asked if "workflows_enter" in one["sql"]]
    first = [sql for sql in readings if "audit_outbox" in sql or "approvals_reviewitem" in sql]
    assert readings == first
    assert len(readings) > 4
    assert lane.run().status == "done"


def test_another_clients_run_is_not_read_in_the_statement_of_a_claim(lane: Lane) -> None:
    """The function runs inside the client of the row, which it learns in the same statement."""
    run = lane.start()
    with tenant_scope(lane.world.quill.tenant.pk):
        row_id = outbox.enqueue("run.advance", run.pk)
    with transaction.atomic():
        claimed = claims.claim_row(row_id, [], read_aheads)
        assert [claim.object_id for claim in claimed.claims] == [run.pk]
        assert claimed.ahead is None


def test_nothing_that_was_read_ahead_stays_behind(
    lane: Lane, django_assert_num_queries: Any
) -> None:
    run = lane.start()
    with loading([run.pk]):
        pass
    with django_assert_num_queries(1):
        assert enter_run(run.pk) is not None
    assert Run.objects.get().status == "waiting"
