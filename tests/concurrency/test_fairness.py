"""Whose turn it is: one client's pile costs another at most a turn (docs/scaling.md, Fairness)."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import redis
from django.db import connection

from audit import outbox
from audit.jobs import Claim, Job, Priority
from audit.models import Outbox
from audit.worker import claims, handlers
from tenants import clock
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import servers
from tests.processes import processes, wait_until
from tests.world import REQUEST, Client, World, make_world
from workflows.models import Run
from workflows.services.runs import start_run

TOPIC = "test.turn"


@dataclass
class Turns:
    """A handler that notes whose turn it was, and may make a call that takes a while.

    ``claimed``, where it is kept, has the numbers of the transactions that claimed, which
    Postgres gives out in the order of the claims. What a thread notes comes later, by as much
    as it is kept from the processor.
    """

    seconds: float = 0.0
    taken: list[tuple[UUID, UUID]] = field(default_factory=list)
    claimed: dict[UUID, int] | None = None
    flying: int = 0
    most: int = 0
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def prepare(self, debt: Claim) -> Job | None:
        if self.claimed is not None:
            self.claimed[debt.object_id] = _number("pg_current_xact_id()")
        with self.lock:
            self.taken.append((debt.tenant_id, debt.object_id))
        return Call(debt, self) if self.seconds else None

    def give_up(self, debt: Claim, error: str) -> None:
        raise AssertionError(error)

    def tenants(self) -> list[UUID]:
        return [tenant_id for tenant_id, _ in self.taken]


@dataclass
class Call:
    claim: Claim
    turns: Turns

    async def perform(self) -> None:
        self.turns.flying += 1
        self.turns.most = max(self.turns.most, self.turns.flying)
        await asyncio.sleep(self.turns.seconds)
        self.turns.flying -= 1

    def store_result(self, outcome: object) -> None:
        self.turns.done += 1


def _number(expression: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression}::text")
        return int(cursor.fetchone()[0])


@pytest.fixture
def world(committed: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(claims, "_round", claims._Round())
    return make_world()


@pytest.fixture
def turns() -> Iterator[Turns]:
    made = Turns()
    outbox.register(TOPIC, made)
    yield made
    del handlers.handlers[TOPIC]


def owed(client: Client, count: int = 1, priority: Priority = Priority.NORMAL) -> list[UUID]:
    """Objects something is owed about."""
    objects = [uuid7() for _ in range(count)]
    with tenant_scope(client.tenant.pk):
        for pk in objects:
            outbox.enqueue(TOPIC, pk, priority=priority)
    return objects


def pile_up(client: Client, count: int) -> None:
    """Owe very much, quickly."""
    now = clock.now()
    Outbox.objects.bulk_create(
        [
            Outbox(
                tenant_id=client.tenant.pk,
                topic=TOPIC,
                object_id=uuid7(),
                due_at=now,
                hint_at=now,
                ready=True,
            )
            for _ in range(count)
        ],
        batch_size=2000,
    )


def set_(client: Client, **fields: int) -> None:
    Tenant.objects.filter(pk=client.tenant.pk).update(**fields)


def work(times: int) -> None:
    for _ in range(times):
        outbox.work_batch()


@pytest.mark.parametrize("share", [1, 3])
def test_ten_thousand_of_one_client_cost_another_one_turn(
    world: World, turns: Turns, share: int
) -> None:
    """Case T9, one worker: at most the other's share goes before, wherever the round stands."""
    pile_up(world.quill, 10_000)
    set_(world.quill, share=share)
    for before in range(2 * share):  # the round at every place of the other's turn
        for client in (world.harbor, world.sable):  # before and after it in the round
            work(before + 1)
            turns.taken.clear()
            owed(client)
            work(share + 1)
            waited = turns.tenants().index(client.tenant.pk)
            assert waited <= share


def test_many_threads_cost_another_one_turn_and_what_they_hold(world: World, turns: Turns) -> None:
    """Case T9, one worker of 8 threads: at most a turn and what each thread is just taking."""
    pile_up(world.quill, 10_000)
    threads, stop = 8, threading.Event()
    turns.claimed = {}

    def keep_working() -> None:
        try:
            while not stop.is_set():
                outbox.work_batch()
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(keep_working) for _ in range(threads)]
        try:
            for client in (world.harbor, world.sable) * 10:
                (wanted,) = owed(client)
                here = _number("pg_snapshot_xmax(pg_current_snapshot())")
                wait_until(
                    lambda: wanted in turns.claimed,  # type: ignore[operator]  # noqa: B023
                    seconds=10,
                    what="its turn came",
                )
                until = turns.claimed[wanted]
                # Whoever claimed before has noted it by the end of its transaction.
                wait_until(
                    lambda: _number("pg_snapshot_xmin(pg_current_snapshot())") > until,  # noqa: B023
                    seconds=60,
                    what="what was claimed before is over",
                )
                before = [n for n in list(turns.claimed.values()) if here <= n < until]
                assert len(before) <= 1 + threads
        finally:
            stop.set()
        for each in running:
            each.result()


def test_shares_are_kept(world: World, turns: Turns) -> None:
    """Case T9: a client with share 2 gets two rows a round."""
    for client in (world.harbor, world.quill, world.sable):
        owed(client, 12)
    set_(world.quill, share=2)
    work(12)
    names = {world.harbor.tenant.pk: "h", world.quill.tenant.pk: "q", world.sable.tenant.pk: "s"}
    assert "".join(names[pk] for pk in turns.tenants()) == "hqqshqqshqqs"
    work(20)
    # What one does not need the others get.
    assert {names[pk] for pk in turns.tenants()[-4:]} == {"h", "s"}


def test_the_interactive_goes_before_the_bulk_of_the_same_client(
    world: World, turns: Turns
) -> None:
    """Case T9: within a client by priority, then by age."""
    bulk = owed(world.harbor, 3, Priority.BULK)
    normal = owed(world.harbor, 2)
    urgent = owed(world.harbor, 2, Priority.INTERACTIVE)
    work(7)
    assert [pk for _, pk in turns.taken] == [*urgent, *normal, *bulk]


def test_a_client_at_its_limit_goes_on_as_its_calls_come_back_and_delays_nobody(
    world: World, turns: Turns
) -> None:
    """Case T9: ``at_once`` holds, costs others nothing, and no row waits for a sweep."""
    set_(world.quill, at_once=2)
    turns.seconds = 0.2
    owed(world.quill, 12)
    (other,) = owed(world.sable)
    began = time.monotonic()
    for _ in range(13):  # as many messages as rows; those that came too early are used up
        outbox.work_batch()
    assert other in [pk for _, pk in turns.taken]
    assert len(turns.taken) <= 4
    wait_until(lambda: turns.done == 13, seconds=20, what="all calls were made")
    assert turns.most <= 3  # two of its own, one of the other's
    assert time.monotonic() - began < 6 * 0.2 * 3


def test_another_worker_reminds_of_a_client_at_its_limit(world: World, turns: Turns) -> None:
    """Case T9: who turned it away may hold none of its calls, so the sweep is told."""
    set_(world.quill, at_once=1)
    owed(world.quill, 2)
    held = outbox.claim(Outbox.objects.order_by("id")[0].pk)  # by another process
    assert held is not None
    assert outbox.work_batch() is False
    with clock.at(clock.now() + claims.SWEEP_EVERY):
        assert len(outbox.sweep_due().ids) == 1


def test_a_pile_that_is_reminded_of_delays_no_timer(world: World, turns: Turns) -> None:
    """Case T9: what comes due is made ready before what only lost its message."""
    pile_up(world.quill, 3_000)
    with clock.at(clock.now()):
        with tenant_scope(world.sable.tenant.pk):
            due = clock.now() + timedelta(seconds=30)
            row_id = outbox.enqueue(TOPIC, uuid7(), due_at=due)
        clock.pass_time(timedelta(seconds=30))
        assert row_id in outbox.sweep_due().ids


# -- With processes -------------------------------------------------------------------------

# A run that begins is claimed by the first statement of the transaction that does the work
# and deletes the row, so that transaction's start is when it was claimed.
SEEN = """
CREATE TABLE test_claims (tenant_id uuid, object_id uuid, claimed_at timestamptz DEFAULT now());
CREATE FUNCTION test_claimed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO test_claims (tenant_id, object_id) VALUES (OLD.tenant_id, OLD.object_id);
  RETURN OLD;
END $$;
CREATE TRIGGER test_claimed AFTER DELETE ON audit_outbox FOR EACH ROW
  WHEN (OLD.topic = 'run.advance') EXECUTE FUNCTION test_claimed();
"""
UNSEEN = """
DROP TRIGGER test_claimed ON audit_outbox;
DROP FUNCTION test_claimed();
DROP TABLE test_claims;
"""
MANY = """
WITH one AS (SELECT r FROM workflows_run r WHERE r.id = %(run)s),
many AS (
    INSERT INTO workflows_run SELECT (jsonb_populate_record(r,
        jsonb_build_object('id', gen_random_uuid()))).* FROM one, generate_series(1, %(count)s)
    RETURNING id)
INSERT INTO audit_outbox SELECT (jsonb_populate_record(o,
    jsonb_build_object('id', gen_random_uuid(), 'object_id', many.id))).*
FROM many, audit_outbox o WHERE o.object_id = %(run)s
"""


@pytest.fixture
def seen(world: World) -> Iterator[psycopg.Connection]:
    """A superuser's connection to a log of claims, in their order."""
    with psycopg.connect(servers.super_url(servers.database()), autocommit=True) as su:
        su.execute(SEEN)
        try:
            yield su
        finally:
            su.execute(UNSEEN)


def _start(client: Client) -> UUID:
    with tenant_scope(client.tenant.pk):
        run, _ = start_run(client.workflow, input=REQUEST, trigger="api", actor=client.actor())
    return run.pk


def test_ten_thousand_runs_of_one_client_and_one_of_another_with_two_workers(
    world: World, seen: psycopg.Connection, tmp_path: Path
) -> None:
    """Case T9 with processes: a turn for each worker, and what its threads are just taking."""
    workers, threads = 2, 4
    with redis.Redis.from_url(os.environ["BROKER_URL"]) as broker:
        broker.flushdb()
    seen.execute(MANY, {"run": _start(world.quill), "count": 9_999})
    with tenant_scope(world.quill.tenant.pk):
        assert Run.objects.count() == 10_000
    with processes(tmp_path) as house:
        for _ in range(workers):
            house.worker(threads=threads)

        def claimed(run_id: UUID) -> bool:
            sql = "SELECT count(*) FROM test_claims WHERE object_id = %s"
            return seen.execute(sql, [run_id]).fetchone() == (1,)

        def busy() -> bool:
            sql = "SELECT count(*) FROM test_claims"
            return (seen.execute(sql).fetchone() or (0,))[0] > 100

        wait_until(busy, seconds=60, what="the workers are at it")
        for client in (world.harbor, world.sable, world.harbor):
            run_id = _start(client)
            asked = seen.execute("SELECT clock_timestamp()").fetchone()
            took = wait_until(lambda: claimed(run_id), seconds=20, what="it began")  # noqa: B023
            mine = "(SELECT claimed_at FROM test_claims WHERE object_id = %s)"
            older = (
                "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() "
                f"AND backend_type = 'client backend' AND xact_start < {mine}"
            )
            ended = lambda: seen.execute(older, [run_id]).fetchone() == (True,)  # noqa: B023, E731
            wait_until(ended, seconds=60, what="all that was claimed before it is written")
            between = seen.execute(
                "SELECT count(*) FROM test_claims WHERE tenant_id = %s "
                f"AND claimed_at > %s AND claimed_at < {mine}",
                [world.quill.tenant.pk, *(asked or ()), run_id],
            ).fetchone()
            assert between is not None
            assert between[0] <= workers * (1 + threads)
            assert took < 5
