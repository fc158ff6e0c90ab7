"""A worker prepares the rows it claims; a failure counts against the row it belongs to."""

from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from audit.jobs import BatchResult, CallResult, Claim, ClaimedBatch, Postpone
from audit.models import Outbox
from audit.worker import handlers, loop
from audit.worker.loop import PARK_AFTER
from tenants import clock
from tenants.scope import current_tenant_id
from tests.audit.worker.jobs import TOPIC, Call, Recorder, claimed, owe, row
from tests.world import World


def begin(row_id: UUID) -> BatchResult:
    return loop.begin(partial(loop.claim_single, row_id))


def test_a_job_without_a_call_is_complete_when_it_is_prepared(
    world: World, recorder: Recorder
) -> None:
    row_id = owe(world.harbor)
    tenants: list[UUID] = []
    recorder.answers = lambda claim: tenants.append(current_tenant_id())
    assert (begin(row_id).done, begin(row_id).done) == (1, 0)
    assert tenants == [world.harbor.tenant.pk]
    assert not Outbox.objects.filter(pk=row_id).exists()
    assert begin(row_id) == BatchResult(more=False)


def test_a_job_with_a_call_keeps_its_row_until_the_call_is_made(
    world: World, recorder: Recorder
) -> None:
    row_id = owe(world.harbor)
    recorder.answers = lambda claim: Call(claim, recorder)
    [job] = begin(row_id).jobs
    assert row(row_id).fence == 1
    assert loop.carry_out(job) is None
    assert recorder.stored == ["answer"]
    assert not Outbox.objects.filter(pk=row_id).exists()


def test_a_job_that_is_postponed_is_due_again_later(world: World, recorder: Recorder) -> None:
    row_id = owe(world.harbor)
    recorder.answers = lambda claim: Postpone(timedelta(minutes=5))
    assert (begin(row_id).done, begin(row_id).jobs) == (0, ())
    assert (row(row_id).fence, row(row_id).due_at) == (0, clock.now() + timedelta(minutes=5))
    waits = owe(world.harbor)
    recorder.answers = lambda claim: Postpone(timedelta(minutes=5), "via:openai")
    begin(waits)
    assert (row(waits).waits_for, row(waits).due_at) == ("via:openai", clock.now())


def broken(claim: Claim) -> None:
    raise RuntimeError("not today")


def test_a_row_that_fails_waits_and_is_parked_in_the_end(world: World, recorder: Recorder) -> None:
    row_id = owe(world.harbor)
    recorder.answers = broken
    for failures in range(1, PARK_AFTER + 1):
        assert begin(row_id).more
        assert row(row_id).failures == failures
        clock.pass_time(timedelta(minutes=1))
    assert row(row_id).parked_at is not None
    assert recorder.parked == ["RuntimeError: not today"]


def test_a_call_that_fails_counts_against_its_row(world: World, recorder: Recorder) -> None:
    row_id = owe(world.harbor)
    job = Call(claimed(row_id), recorder, RuntimeError("not today"))
    assert loop.carry_out(job) is None
    assert (row(row_id).failures, recorder.stored) == (1, [])


def test_of_several_rows_only_the_one_at_fault_fails(
    world: World, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [owe(world.harbor) for _ in range(3)]

    def answer(claim: Claim) -> None:
        if claim.id == rows[1]:
            broken(claim)

    recorder.answers = answer
    monkeypatch.setitem(handlers.preloads, TOPIC, lambda ids: nullcontext())
    found = loop.begin(lambda: ClaimedBatch([claimed(one) for one in rows]))
    assert found.done == 2
    assert [row(one.pk).failures for one in Outbox.objects.filter(pk__in=rows)] == [1]


def test_results_are_stored_one_by_one_where_their_topic_has_no_batches(
    world: World, recorder: Recorder
) -> None:
    follows = Call(claimed(owe(world.harbor)), recorder)
    good = Call(claimed(owe(world.harbor)), recorder, follows=follows)
    bad = Call(claimed(owe(world.harbor)), recorder)
    error = RuntimeError("not today")
    assert loop.store_batch([CallResult(bad, None, error), CallResult(good, "paid")]) == [
        None,
        follows,
    ]
    assert recorder.stored == ["paid"]
    assert row(bad.claim.id).failures == 1
