"""Work of one client is begun and written in one transaction; a failure stays where it is."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import override_settings

from approvals.decisions import permits
from approvals.decisions.services import Choice, decide
from approvals.models import ReviewItem
from audit import outbox
from audit.jobs import BatchResult, CallResult, Job
from audit.models import Event, Outbox
from audit.worker import claims, handlers, inflight, results
from audit.worker import loop as turns
from tenants import clock
from tenants.errors import DomainError
from tenants.models import Source
from tenants.scope import take_moves_lock, tenant_scope
from tenants.services.tenants import stop_everything
from tenants.sources.services import add_revision
from tests.fakes.sink import HttpSink
from tests.fakes.smtp import SmtpSink
from tests.lanes import NOON, SMTP
from tests.world import POLICY, REQUEST, Client, World, make_world
from workflows.engine.advance import for_each
from workflows.engine.state import entered_runs
from workflows.models import Call, Run
from workflows.services import exceptions
from workflows.services.events import send_event
from workflows.services.runs import start_run
from workflows.steps import step_kinds


@pytest.fixture
def world(committed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(claims, "_round", claims._Round())
    with HttpSink() as shop, SmtpSink() as post, clock.at(NOON):
        mail = {"EMAIL_BACKEND": SMTP, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": post.port}
        with override_settings(**mail):
            yield make_world(shop=shop.host)


def start(client: Client, count: int) -> list[Run]:
    """So many runs of a client, none of them begun."""
    with tenant_scope(client.tenant.pk):
        return [
            start_run(
                client.workflow,
                input=REQUEST | {"subject": f"Lamp {n}"},
                trigger="api",
                actor=client.actor(),
            )[0]
            for n in range(count)
        ]


def begin() -> BatchResult:
    """One turn of the work that is ready."""
    return turns.begin(partial(claims.claim_batch, 100, handlers.batch_sizes, handlers.lock_only))


def land(jobs: Any) -> list[CallResult]:
    return [CallResult(job, inflight.perform(job)) for job in jobs]


def all_of(client: Client, model: Any, **which: Any) -> list[Any]:
    with tenant_scope(client.tenant.pk):
        return list(model.objects.filter(**which).order_by("id"))


def transactions(client: Client, verb: str) -> set[int]:
    """Of which transactions the events of a verb are."""
    return {event.transaction_id for event in all_of(client, Event, verb=verb)}


def approve_all(client: Client) -> None:
    for item in all_of(client, ReviewItem, status="waiting"):
        with tenant_scope(client.tenant.pk):
            decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())


def broken(bad: UUID, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Let this run break our own engine, always; gives the tries."""
    real, tries = for_each.continue_each, list[UUID]()

    def poisonous(entered: Any) -> Any:
        if entered.run.pk == bad:
            tries.append(bad)
            raise ZeroDivisionError("poison")
        return real(entered)

    monkeypatch.setattr(for_each, "continue_each", poisonous)
    return tries


def test_a_clients_runs_go_through_all_four_phases_together(world: World) -> None:
    start(world.harbor, 4)
    asked = begin()
    assert asked.done == 4
    assert len(asked.jobs) == 4
    assert not [job for job in turns.store_batch(land(asked.jobs)) if job]
    assert len(transactions(world.harbor, "item.opened")) == 1
    approve_all(world.harbor)
    acts = begin()
    jobs: list[Job] = list(acts.jobs)
    assert len(jobs) == 4
    rounds = 0
    while jobs:
        jobs = [job for job in turns.store_batch(land(jobs)) if job]
        rounds += 1
    assert rounds == 2  # a refund and a mail each
    assert {run.status for run in all_of(world.harbor, Run)} == {"done"}
    assert len(transactions(world.harbor, "run.finished")) == 1
    owed = Outbox.objects.filter(topic__in=("run.advance", "item.closed", "call.make"))
    assert not owed.exists()


def test_another_clients_work_is_a_turn_of_its_own(world: World) -> None:
    start(world.harbor, 6)
    start(world.quill, 1)
    turns = [begin(), begin(), begin()]
    assert sorted(turn.done for turn in turns) == [1, 2, 4]  # a share of four while others wait
    for turn in turns:
        assert len({job.claim.tenant_id for job in turn.jobs}) == 1


def test_a_row_that_breaks_in_company_fails_alone_and_is_counted_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = start(world.harbor, 4)[1].pk
    tries = broken(bad, monkeypatch)
    turn = begin()
    assert turn.done == 3
    assert len(turn.jobs) == 3
    assert len(tries) == 1
    (row,) = Outbox.objects.filter(topic="run.advance")
    assert row.failures == 1
    assert row.object_id == bad
    assert row.lease_until is None
    assert row.fence == 0  # its claim was undone with it


def test_what_the_database_refuses_in_company_is_tried_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = start(world.harbor, 4)
    retrieve: Any = step_kinds()["retrieve"]
    real, refused = retrieve.begin, list[int]()

    def begun(*given: Any) -> Any:
        if not refused:
            refused.append(1)
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")
        return real(*given)

    monkeypatch.setattr(retrieve, "begin", begun)
    turn = begin()
    assert turn.done == len(runs) == len(turn.jobs)
    assert not Outbox.objects.exclude(failures=0).exists()


def test_an_answer_that_breaks_in_company_fails_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(world.harbor, 3)
    landed = land(begin().jobs)
    bad = landed[1].job

    def store_result(self: Any, outcome: object) -> Job | None:
        if self.claim.id == bad.claim.id:
            raise ZeroDivisionError("poison")
        return real(self, outcome)

    real = type(bad).store_result  # type: ignore[attr-defined]
    monkeypatch.setattr(type(bad), "store_result", store_result)
    assert turns.store_batch(landed) == [None, None, None]
    assert len(all_of(world.harbor, ReviewItem)) == 2
    (row,) = Outbox.objects.filter(topic="call.make")
    assert (row.id, row.failures) == (bad.claim.id, 1)
    assert len(all_of(world.harbor, Call, status="intended")) == 1


def test_of_answers_that_come_together_the_late_one_writes_nothing(world: World) -> None:
    start(world.harbor, 3)
    landed = land(begin().jobs)
    late = landed[0].job.claim
    Outbox.objects.filter(id=late.id).update(fence=late.fence + 1)  # somebody else has it
    turns.store_batch(landed)
    assert len(all_of(world.harbor, ReviewItem)) == 2
    assert [call.pk for call in all_of(world.harbor, Call, status="intended")] == [late.object_id]
    assert Outbox.objects.get(id=late.id).fence == late.fence + 1


def test_a_commit_nobody_confirmed_loses_no_call_that_follows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(world.harbor, 3)
    turns.store_batch(land(begin().jobs))
    approve_all(world.harbor)
    refunds = land(begin().jobs)
    cut: list[int] = []
    real = transaction.Atomic.__exit__

    def unconfirmed(self: Any, *error: Any) -> None:
        real(self, *error)
        if not cut and error[0] is None and not connection.in_atomic_block:
            cut.append(1)
            raise OperationalError("the connection was lost")

    monkeypatch.setattr(results.transaction.Atomic, "__exit__", unconfirmed)
    mails = [job for job in turns.store_batch(refunds) if job]
    assert cut
    assert len(mails) == 3
    assert {job.claim.id for job in mails} == set(
        Outbox.objects.filter(topic="call.make").values_list("id", flat=True)
    )


def test_a_run_that_failed_is_reopened_in_company_too(world: World) -> None:
    """Its lock was read ahead while it was over; the way out has moved it since."""
    client = world.harbor
    start(client, 2)
    outbox.drain()
    approve_all(client)
    with tenant_scope(client.tenant.pk):
        policy = Source.objects.get(name="returns-policy")
        add_revision(
            policy,
            filename="returns.md",
            content=POLICY + b"\n## New\n\nOther rules.\n",
            actor=world.staff(client),
        )
    outbox.drain()
    assert [run.status for run in all_of(client, Run)] == ["failed", "failed"]
    for item in all_of(client, ReviewItem, status="waiting", kind="exception"):
        with tenant_scope(client.tenant.pk):
            chosen = Choice("resolve", item.content_hash, reason="ask_again", words="Look.")
            exceptions.resolve(item, chosen, actor=client.actor())
    assert begin().done == 2
    waiting = all_of(client, ReviewItem, status="waiting", kind="proposal")
    assert len(waiting) == 2


def test_two_workers_with_runs_in_common_wait_in_one_direction(world: World) -> None:
    """Runs are locked in the order of their ids, whatever the order of the rows."""
    runs = [run.pk for run in start(world.harbor, 5)]
    with tenant_scope(world.harbor.tenant.pk):
        with entered_runs.loading([runs[3], runs[0], runs[4], runs[0]]):
            found = list(entered_runs._read_ahead.get())
        assert found == sorted([runs[3], runs[0], runs[4]])


def test_time_passes_and_nothing_is_left_of_a_turn_whose_worker_died(world: World) -> None:
    start(world.harbor, 3)
    assert len(begin().jobs) == 3  # and it dies with them
    assert outbox.drain() == 0
    clock.pass_time(timedelta(minutes=5))
    outbox.drain()
    assert len(all_of(world.harbor, ReviewItem, status="waiting")) == 3
    assert {call.status for call in all_of(world.harbor, Call, kind="model")} == {"done"}


def test_a_stop_waits_for_the_turn_under_way_and_halts_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a turn has read it does not read again; so no effect is begun after the stop."""
    client = world.harbor
    start(client, 3)
    outbox.drain()
    approve_all(client)
    inside, go_on = threading.Event(), threading.Event()
    real = permits.redeem

    def slowly(*given: Any) -> Any:
        inside.set()
        assert go_on.wait(20)
        return real(*given)

    monkeypatch.setattr(permits, "redeem", slowly)

    def stop() -> datetime:
        try:
            with tenant_scope(client.tenant.pk):
                stop_everything(actor=client.actor())
            return clock.now()
        finally:
            connections.close_all()

    def turn() -> BatchResult:
        try:
            return begin()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        turned = pool.submit(copy_context().run, turn)
        assert inside.wait(20)
        stopped = pool.submit(copy_context().run, stop)
        with pytest.raises(TimeoutError):
            stopped.result(0.5)
        go_on.set()
        begun = turned.result(20)
        stopped.result(20)
    assert len(begun.jobs) == 3
    refunds = turns.store_batch(land(begun.jobs))
    # Each had a mail after its refund; the switch was pulled in between.
    assert refunds == [None, None, None]
    assert {call.name for call in all_of(client, Call, kind="tool")} == {"shop.refund"}


def test_a_run_is_locked_only_by_who_has_joined_those_who_move_runs(world: World) -> None:
    """Otherwise a stop that waits could stand between a run's lock and its move, in a circle."""
    client = world.harbor
    run = start(client, 1)[0]
    waited: list[str] = []

    def event() -> None:
        try:
            with suppress(DomainError), tenant_scope(client.tenant.pk):
                send_event(run.pk, name="parcel.arrived", data={}, actor=client.actor())
            waited.append("over")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(client.tenant.pk):
            take_moves_lock()  # as a stop does
            other = pool.submit(copy_context().run, event)
            with pytest.raises(TimeoutError):
                other.result(0.5)
            # It waits, and holds nothing that somebody else could wait for.
            Run.objects.select_for_update(nowait=True).get(pk=run.pk)
        other.result(20)
    assert waited == ["over"]
