"""The outbox: one winner a lease, late writers lose, nothing is lost or done twice."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db import connection, transaction

from audit import outbox
from audit.models import Outbox
from audit.outbox import (
    GRACE,
    PARK_AFTER,
    RESEND_AFTER,
    Claim,
    Job,
    Postpone,
    claim,
    complete,
    enqueue,
    handle,
)
from audit.tasks import work
from audit.worker import beat, handlers, inflight, loop, wakeups
from audit.worker.completion import holds_lease, postpone, release
from audit.worker.leases import LEASE, renew
from tenants import clock
from tenants.ids import uuid7
from tenants.models import Source, Tenant
from tenants.scope import current_tenant_id, tenant_scope
from tests.fakes.sink import HttpSink
from tests.world import make_world

NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
TOPIC = "test.effect"


@dataclass
class Handler:
    """Calls the sink once for a debt, and writes that it did."""

    sink: HttpSink
    prepared: list[UUID] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    fails: int = 0
    later: timedelta | None = None
    in_perform: Any = None
    in_settle: Any = None

    def prepare(self, debt: Claim) -> Job | Postpone | None:
        assert current_tenant_id() == debt.tenant_id
        self.prepared.append(debt.object_id)
        if self.fails:
            self.fails -= 1
            raise RuntimeError("not today")
        return Postpone(self.later) if self.later else Effect(debt, self)

    def give_up(self, debt: Claim, error: str) -> None:
        assert current_tenant_id() == debt.tenant_id
        self.given_up.append(error)


@dataclass
class Effect:
    claim: Claim
    handler: Handler

    def perform(self) -> object:
        assert not connection.in_atomic_block
        if self.handler.in_perform:
            self.handler.in_perform()
        key = str(self.claim.object_id)
        return httpx.post(self.handler.sink.url, headers={"Idempotency-Key": key}).status_code

    def store_result(self, outcome: object) -> Job | None:
        assert outcome == 200
        if self.handler.in_settle:
            self.handler.in_settle()
        # A write that must be there exactly if the settling won.
        Source.objects.filter(name="orders").update(title=f"by {self.claim.fence}")
        self.handler.settled.append(self.claim.fence)
        return None


@pytest.fixture
def tenant(committed: None) -> Tenant:
    return make_world().harbor.tenant


@pytest.fixture
def handler() -> Iterator[Handler]:
    with HttpSink(delay=0.05) as sink:
        made = Handler(sink)
        outbox.register(TOPIC, made)
        yield made
        del handlers.handlers[TOPIC]


def row(pk: UUID) -> Outbox:
    return Outbox.objects.get(pk=pk)


def owed(tenant: Tenant, **more: Any) -> UUID:
    with tenant_scope(tenant.pk):
        return enqueue(TOPIC, uuid7(), **more)


def in_threads(count: int, task: Any) -> list[Any]:
    start = threading.Barrier(count)

    def work(number: int) -> Any:
        try:
            start.wait(20)
            return task(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


@contextmanager
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool
        pool.submit(lambda: connection.close()).result()  # that thread's own


def title(tenant: Tenant) -> str:
    with tenant_scope(tenant.pk):
        return Source.objects.get(name="orders").title


def test_one_message_delivered_three_times_is_done_once(tenant: Tenant, handler: Handler) -> None:
    """Case D2★."""
    for _ in range(5):
        pk = owed(tenant)
        assert sorted(in_threads(3, lambda _, pk=pk: handle(pk))) == [False, False, True]
        assert not Outbox.objects.filter(pk=pk).exists()
        assert handle(pk) is False  # and late once more
    assert sorted(handler.sink.by_key.values()) == [1] * 5
    assert len(handler.prepared) == len(handler.settled) == 5


def test_a_hundred_rows_and_eight_workers(tenant: Tenant, handler: Handler) -> None:
    handler.sink.delay = 0
    pks = [owed(tenant) for _ in range(100)]
    in_threads(8, lambda _: outbox.drain())
    assert len(handler.sink.by_key) == 100
    assert set(handler.sink.by_key.values()) == {1}
    assert not Outbox.objects.filter(pk__in=pks).exists()


def test_when_a_lease_runs_out_the_second_claims_and_the_late_writer_writes_nothing(
    tenant: Tenant, handler: Handler
) -> None:
    pk = owed(tenant)
    with clock.at(clock.now()):
        first = claim(pk)
        assert first is not None
        assert claim(pk) is None
        clock.pass_time(LEASE - timedelta(seconds=1))
        assert claim(pk) is None
        clock.pass_time(timedelta(seconds=1))
        second = claim(pk)
        assert second is not None
    assert (first.fence, second.fence) == (1, 2)
    assert complete(first) is False
    # The slow worker comes back with its answer after the lease has passed.
    late = Effect(first, handler)
    assert loop.carry_out(late) is None
    assert handler.settled == []
    assert title(tenant) == "Order"
    assert loop.carry_out(Effect(second, handler)) is None
    assert handler.settled == [2]
    assert title(tenant) == "by 2"
    assert not Outbox.objects.filter(pk=pk).exists()


def test_a_late_writer_whose_settling_fails_does_not_disturb_the_new_holder(
    tenant: Tenant, handler: Handler
) -> None:
    pk = owed(tenant)
    first = claim(pk)
    assert first is not None
    Outbox.objects.filter(pk=pk).update(lease_until=clock.now())
    second = claim(pk)
    assert second is not None

    def broken() -> None:
        raise RuntimeError("the late writer's call broke")

    handler.in_perform = broken
    loop.carry_out(Effect(first, handler))
    stored = row(pk)
    assert stored.failures == 0
    assert stored.fence == 2
    assert stored.lease_until is not None
    handler.in_perform = None
    loop.carry_out(Effect(second, handler))
    assert handler.settled == [2]


def test_a_lease_is_kept_while_its_holder_lives(tenant: Tenant, handler: Handler) -> None:
    pk = owed(tenant)
    debt = claim(pk)
    assert debt is not None
    with clock.at(clock.now() + LEASE - timedelta(seconds=1)):
        renew({pk: debt.fence})
        clock.pass_time(timedelta(seconds=5))
        assert claim(pk) is None
        renew({pk: debt.fence - 1})  # a former holder renews nothing
        clock.pass_time(LEASE)
        assert claim(pk) is not None


def test_a_row_that_fails_does_not_keep_a_worker_from_the_next(
    tenant: Tenant, handler: Handler
) -> None:
    """One message may stand for many rows, so the first that fails must not end its work."""
    first, *_ = [owed(tenant) for _ in range(3)]
    handler.fails = 1
    work(str(first))
    assert len(handler.prepared) == 3
    assert inflight.wait_for_all(20) == []
    assert list(handler.sink.by_key.values()) == [1, 1]


@pytest.mark.parametrize("where", ["prepare", "perform", "settle"])
def test_what_fails_again_and_again_backs_off_and_is_parked(
    tenant: Tenant, handler: Handler, where: str
) -> None:
    """Case D8: the poison is parked, whichever half of the work it breaks."""

    def broken() -> None:
        raise RuntimeError("not today")

    if where == "prepare":
        handler.fails = 100
    else:
        setattr(handler, f"in_{where}", broken)
    with clock.at(NOON):
        pk = owed(tenant)
        waits = []
        for n in range(1, PARK_AFTER + 1):
            assert outbox.drain() <= 1
            stored = row(pk)
            assert stored.failures == n
            assert stored.lease_until is None
            waits.append((stored.due_at - clock.now()).total_seconds())
            clock.pass_time(stored.due_at - clock.now())
        assert waits == [1, 2, 4]
        assert row(pk).parked_at is not None
        assert handler.given_up == ["RuntimeError: not today"]
        clock.pass_time(timedelta(days=1))
        assert outbox.drain() == 0
        assert outbox.sweep_due().ids == []
        assert claim(pk) is None
    assert title(tenant) == "Order"


def test_what_nobody_can_be_told_of_is_parked_all_the_same(
    tenant: Tenant, handler: Handler
) -> None:
    """Case D8: giving up fails too, and must not try for ever."""

    class Worse(Handler):
        def give_up(self, debt: Claim, error: str) -> None:
            Source.objects.filter(name="orders").update(title="half")
            raise RuntimeError("this too")

    outbox.register(TOPIC, Worse(handler.sink, fails=100))
    with clock.at(NOON):
        pk = owed(tenant)
        for _ in range(PARK_AFTER):
            outbox.drain()
            clock.pass_time(timedelta(seconds=10))
        assert row(pk).parked_at is not None
        assert outbox.drain() == 0
    assert title(tenant) == "Order"


def test_what_fails_once_goes_through_the_second_time(tenant: Tenant, handler: Handler) -> None:
    handler.fails = 1
    with clock.at(NOON):
        pk = owed(tenant)
        outbox.drain()
        assert row(pk).failures == 1
        clock.pass_time(timedelta(seconds=1))
        assert outbox.drain() == 1
    assert handler.given_up == []
    assert len(handler.sink.requests) == 1


def test_a_failing_half_done_preparation_leaves_nothing(tenant: Tenant, handler: Handler) -> None:
    class Half(Handler):
        def prepare(self, debt: Claim) -> None:
            Source.objects.filter(name="orders").update(title="half")
            raise RuntimeError("in the middle")

    outbox.register(TOPIC, Half(handler.sink))
    pk = owed(tenant)
    assert handle(pk) is False
    assert title(tenant) == "Order"
    assert row(pk).failures == 1


def test_later_gives_the_lease_back_and_counts_no_claim(tenant: Tenant, handler: Handler) -> None:
    handler.later = timedelta(minutes=5)
    with clock.at(NOON):
        pk = owed(tenant)
        for _ in range(3):
            assert handle(pk) is False
            stored = row(pk)
            assert stored.due_at == clock.now() + timedelta(minutes=5)
            assert (stored.fence, stored.lease_until, stored.failures) == (0, None, 0)
            assert handle(pk) is False
            clock.pass_time(timedelta(minutes=5))
        handler.later = None
        assert handle(pk) is True
    assert handler.settled == [1]


def test_who_lost_the_lease_can_not_postpone(tenant: Tenant, handler: Handler) -> None:
    pk = owed(tenant)
    first = claim(pk)
    assert first is not None
    Outbox.objects.filter(pk=pk).update(lease_until=clock.now())
    assert claim(pk) is not None
    assert postpone(first, clock.now()) is False
    assert row(pk).fence == 2


def test_a_released_claim_is_not_counted(tenant: Tenant, handler: Handler) -> None:
    pk = owed(tenant)
    first = claim(pk)
    assert first is not None
    assert holds_lease(first)
    release(first)
    stored = row(pk)
    assert (stored.fence, stored.lease_until, stored.ready) == (0, None, True)
    assert not holds_lease(first)


def test_who_lost_the_lease_releases_nothing(tenant: Tenant, handler: Handler) -> None:
    pk = owed(tenant)
    first = claim(pk)
    assert first is not None
    Outbox.objects.filter(pk=pk).update(lease_until=clock.now())
    second = claim(pk)
    assert second is not None
    release(first)
    assert not holds_lease(first)
    assert holds_lease(second)


def test_a_sweep_in_many_copies_gives_each_row_to_one(tenant: Tenant, handler: Handler) -> None:
    with clock.at(clock.now() - GRACE - timedelta(seconds=1)):
        pks = {owed(tenant) for _ in range(200)}
    found = in_threads(4, lambda _: [*outbox.sweep_due(30).ids, *outbox.sweep_due(30).ids])
    flat = [pk for batch in found for pk in batch]
    assert len(flat) == len(set(flat)) == 200
    assert set(flat) == pks
    assert outbox.sweep_due().ids == []  # told a moment ago
    with clock.at(clock.now() + timedelta(seconds=16)):
        assert set(outbox.sweep_due().ids) == pks  # the message was lost: told again


def test_what_no_worker_heard_of_is_done_by_who_sees_it(
    tenant: Tenant, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case D8: the broker takes messages and brings them to nobody."""
    told: list[UUID] = []

    def takes(row_id: UUID) -> bool:
        told.append(row_id)
        return True

    monkeypatch.setattr(wakeups, "publish_wakeup", takes)
    pk, now = owed(tenant), clock.now()
    with clock.at(now + GRACE + timedelta(seconds=1)):
        beat.send_due_wakeups()
        assert told == [pk]
        assert handler.settled == []  # whoever gets the message is meant to do it
    with clock.at(now + GRACE + RESEND_AFTER + timedelta(seconds=2)):
        beat.send_due_wakeups()
        inflight.wait_for_all(5)
    assert len(handler.settled) == 1
    assert not Outbox.objects.filter(pk=pk).exists()


def test_the_sweep_leaves_alone_what_was_hinted_or_is_held(
    tenant: Tenant, handler: Handler
) -> None:
    fresh, held, future = (
        owed(tenant),
        owed(tenant),
        owed(tenant, due_at=clock.now() + timedelta(hours=1)),
    )
    claim(held)
    assert outbox.sweep_due().ids == []
    with clock.at(clock.now() + GRACE + timedelta(seconds=0.5)):
        assert outbox.sweep_due().ids == [fresh]
    with clock.at(clock.now() + LEASE + timedelta(seconds=1)):
        assert held in outbox.sweep_due().ids  # its holder is gone
    with clock.at(clock.now() + timedelta(hours=1, seconds=1)):
        assert future in outbox.sweep_due().ids


def test_a_hint_is_sent_only_once_the_row_is_committed(
    tenant: Tenant, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[UUID, bool]] = []
    with elsewhere() as other:

        def listen(row_id: UUID) -> None:
            seen = other.submit(Outbox.objects.filter(pk=row_id).exists).result()
            told.append((row_id, seen))

        monkeypatch.setattr(wakeups, "send_wakeup", listen)
        with tenant_scope(tenant.pk):
            first = enqueue(TOPIC, uuid7())
            assert told == []
            enqueue(TOPIC, uuid7(), due_at=clock.now() + timedelta(days=1))
        assert told == [(first, True)]
        with pytest.raises(ValueError, match="back"), tenant_scope(tenant.pk):
            _owe_and_raise()
        assert len(told) == 1
    assert Outbox.objects.filter(topic=TOPIC).count() == 2


def _owe_and_raise() -> None:
    enqueue(TOPIC, uuid7())
    raise ValueError("rolled back")


def test_a_wait_of_thirty_days_fires_once_from_its_due_time(
    tenant: Tenant, handler: Handler
) -> None:
    """Case D6."""
    with clock.at(NOON):
        pk = owed(tenant, due_at=NOON + timedelta(days=30))
        for _ in range(29):
            clock.pass_time(timedelta(days=1))
            assert outbox.sweep_due().ids == []
            assert claim(pk) is None
        clock.pass_time(timedelta(hours=23, minutes=59, seconds=59))
        assert outbox.sweep_due().ids == []
        assert handle(pk) is False
        clock.pass_time(timedelta(seconds=1))
        assert outbox.sweep_due().ids == [pk]
        assert handle(pk) is True
        assert handle(pk) is False
        clock.pass_time(timedelta(days=60))
        assert outbox.sweep_due().ids == []
    assert len(handler.sink.requests) == 1


def test_a_topic_nobody_takes_is_refused_at_once(tenant: Tenant) -> None:
    with pytest.raises(LookupError), tenant_scope(tenant.pk):
        enqueue("test.nobody", uuid7())


def test_a_row_that_was_rolled_back_is_not_there(tenant: Tenant, handler: Handler) -> None:
    with tenant_scope(tenant.pk):
        with pytest.raises(ValueError, match="rolled"), transaction.atomic():
            _owe_and_raise()
        kept = enqueue(TOPIC, uuid7())
    assert list(Outbox.objects.filter(topic=TOPIC).values_list("pk", flat=True)) == [kept]
