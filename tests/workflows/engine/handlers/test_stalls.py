"""Runs that stand still are noticed, put before their owner, and can go on."""

from datetime import timedelta

import pytest

from approvals.models import ReviewItem
from audit import outbox
from tenants import clock
from tests.lanes import Lane
from tests.workflows.engine.handlers.stalls_kit import begun, look, lose
from tests.world import REQUEST
from workflows.engine.handlers import stalls
from workflows.services.runs import pause_run, start_run


def test_a_run_nobody_owes_anything_is_an_exception_and_an_alarm(
    lane: Lane, caplog: pytest.LogCaptureFixture
) -> None:
    run = begun(lane)
    lose("run.advance")
    look(lane)
    exception = lane.exception()
    assert exception.run_id == run.pk
    assert "stood still" in exception.draft["problem"]
    assert exception.draft["options"] == ["retry", "hand", "cancel"]
    assert [r.levelname for r in caplog.records if "stands still" in r.message] == ["ERROR"]
    look(lane)
    assert ReviewItem.objects.filter(kind="exception").count() == 1  # said once while it waits
    lane.resolve("retry")
    assert lane.item().title.startswith("Refund $48.20")


def test_what_waits_for_a_person_a_call_or_a_pause_stands_not_still(lane: Lane) -> None:
    lane.start(n=1)  # for a person
    lane.shop.status = 503
    lane.start(n=2)
    newest = ReviewItem.objects.filter(run_id=lane.run().pk).get()
    lane.say(item=newest)
    outbox.drain()  # for a next try
    paused = begun(lane)
    pause_run(paused.pk, actor=lane.client.actor())
    with clock.at(clock.now() + stalls.AGE + timedelta(minutes=1)):
        debt = outbox.Claim(paused.pk, lane.client.tenant.pk, stalls.TOPIC, paused.pk, 1)
        assert stalls.raise_stalled(debt) == outbox.Postpone(stalls.CHECK_EVERY)
    assert not ReviewItem.objects.filter(kind="exception").exists()


def test_looking_takes_as_many_questions_for_many_runs_as_for_one(
    lane: Lane, django_assert_num_queries: object
) -> None:
    for n in range(30):
        start_run(lane.workflow, input=REQUEST | {"n": n}, trigger="api", actor=lane.client.actor())
    with clock.at(clock.now() + stalls.AGE):
        debt = outbox.Claim(lane.run().pk, lane.client.tenant.pk, stalls.TOPIC, lane.run().pk, 1)
        # Suspects, their steps, calls and items, what is owed, items that a policy holds,
        # whether any run is under way.
        with django_assert_num_queries(7):  # type: ignore[operator]
            stalls.raise_stalled(debt)


def test_with_nothing_under_way_it_looks_less_often(lane: Lane) -> None:
    tenant = lane.client.tenant.pk
    assert stalls.raise_stalled(
        outbox.Claim(tenant, tenant, stalls.TOPIC, tenant, 1)
    ) == outbox.Postpone(stalls.CHECK_RARELY)
