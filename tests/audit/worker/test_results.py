"""The result of a call is stored with the completion of its claim, or not at all."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from audit.jobs import CallResult, Claim
from audit.models import Outbox
from audit.worker import results
from audit.worker.results import NextJobs
from tests.audit.worker.jobs import Call, Recorder, claimed, owe, row
from tests.world import World


def call(recorder: Recorder, claim: Claim, **more: object) -> Call:
    return Call(claim, recorder, **more)  # type: ignore[arg-type]


def test_a_result_completes_its_row_and_gives_the_job_that_follows(
    world: World, recorder: Recorder
) -> None:
    next_job = call(recorder, claimed(owe(world.harbor)))
    first = call(recorder, claimed(owe(world.harbor)), follows=next_job)
    assert results.write(first, "paid") is next_job
    assert recorder.stored == ["paid"]
    assert not Outbox.objects.filter(pk=first.claim.id).exists()


def test_a_late_writer_stores_nothing(world: World, recorder: Recorder) -> None:
    claim = claimed(owe(world.harbor))
    late = call(recorder, replace(claim, fence=claim.fence - 1))
    assert results.write(late, "paid") is None
    assert recorder.stored == []
    assert row(claim.id).fence == claim.fence


def test_what_a_job_raises_is_raised_and_its_row_stays(world: World, recorder: Recorder) -> None:
    job = call(recorder, claimed(owe(world.harbor)))
    recorder.stored = None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        results.write(job, "paid")
    assert row(job.claim.id).fence == 1


def test_results_of_one_client_are_stored_together_and_late_ones_left_out(
    world: World, recorder: Recorder
) -> None:
    follows = call(recorder, claimed(owe(world.harbor)))
    first = call(recorder, claimed(owe(world.harbor)), follows=follows)
    second = call(recorder, claimed(owe(world.harbor)))
    held = claimed(owe(world.harbor))
    late = call(recorder, replace(held, fence=0))
    next_jobs: NextJobs = {}
    finished = [CallResult(job, n) for n, job in enumerate((first, late, second))]
    assert results.write_batch(finished, lambda claims: nullcontext(), next_jobs)
    assert recorder.stored == [0, 2]
    assert next_jobs == {first.claim.id: follows, second.claim.id: None}
    assert row(held.id).fence == 1


def test_where_one_of_several_fails_none_is_stored_and_each_is_tried_by_itself(
    world: World, recorder: Recorder
) -> None:
    class Broken(Call):
        def store_result(self, outcome: object) -> None:
            raise ValueError("no")

    good = call(recorder, claimed(owe(world.harbor)))
    bad = Broken(claimed(owe(world.harbor)), recorder)
    next_jobs: NextJobs = {}
    finished = [CallResult(good, 1), CallResult(bad, 2)]
    assert not results.write_batch(finished, lambda claims: nullcontext(), next_jobs)
    assert row(good.claim.id).fence == row(bad.claim.id).fence == 1
    recorder.stored.clear()
    assert results.write_reloaded(good, 1, next_jobs) is None
    assert recorder.stored == [1]
    with pytest.raises(ValueError, match="no"):
        results.write_reloaded(bad, 2, next_jobs)


def test_a_job_is_read_again_before_a_second_try(world: World, recorder: Recorder) -> None:
    class Loaded(Call):
        def reload(self) -> Call:
            return call(recorder, self.claim, outcome="fresh")

        def store_result(self, outcome: object) -> None:
            raise AssertionError("the rows of the failed try are used again")

    job = Loaded(claimed(owe(world.harbor)), recorder)
    results.write_reloaded(job, "paid", {})
    assert recorder.stored == ["paid"]


def test_a_job_that_our_own_lost_commit_completed_is_found_again(
    world: World, recorder: Recorder
) -> None:
    done = call(recorder, claimed(owe(world.harbor)))
    follows = call(recorder, claimed(owe(world.harbor)))
    Outbox.objects.filter(pk=done.claim.id).delete()
    assert results.write_reloaded(done, "paid", {done.claim.id: follows}) is follows
    assert results.write_reloaded(done, "paid", {}) is None
    Outbox.objects.filter(pk=follows.claim.id).delete()
    assert results.write_reloaded(done, "paid", {done.claim.id: follows}) is None
