"""A worker's death costs few answers: they are written before new calls are begun."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from django.db.models import Count, Q

from audit import outbox
from audit.models import Outbox
from audit.outbox import Claim, Job
from audit.worker import admission, claims, handlers, inflight, loop
from audit.worker.admission import ANSWERS
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.world import make_world

TOPIC = "test.asked"
ROWS = 3 * ANSWERS + 2


@dataclass
class Model:
    """A model that answers all who asked once it is let, and answers at once from then on."""

    asked: list[UUID] = field(default_factory=list)
    answers: Future[str] = field(default_factory=Future)
    may_write: threading.Event = field(default_factory=threading.Event)
    written: list[UUID] = field(default_factory=list)

    def prepare(self, claim: Claim) -> Job:
        return Question(claim, self)

    def give_up(self, claim: Claim, error: str) -> None:
        raise AssertionError(error)


@dataclass
class Question:
    claim: Claim
    model: Model

    async def perform(self) -> object:
        self.model.asked.append(self.claim.id)
        return await asyncio.wrap_future(self.model.answers)

    def store_result(self, outcome: object) -> None:
        assert self.model.may_write.wait(20)
        self.model.written.append(self.claim.id)


@pytest.fixture
def model(committed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    monkeypatch.setattr(inflight, "_carried", inflight._InFlight())
    monkeypatch.setattr(claims, "_round", claims._Round())
    for name in ("SOON", "LONG"):
        monkeypatch.setattr(admission, name, 60)  # however slow this machine is
    made = Model()
    outbox.register(TOPIC, made, lambda ids: nullcontext(), most=100)
    yield made
    for registry in (handlers.handlers, handlers.preloads, handlers.batch_sizes):
        del registry[TOPIC]


@pytest.fixture
def tenant(model: Model) -> Tenant:
    tenant = make_world().harbor.tenant
    with tenant_scope(tenant.pk):
        for _ in range(ROWS):
            outbox.enqueue(TOPIC, uuid4())
    return tenant


def begin_all() -> None:
    while loop.work_next():
        pass


def until(true: Callable[[], bool]) -> None:
    with inflight._carried.changed:
        assert inflight._carried.changed.wait_for(true, timeout=20)


def rows(tenant: Tenant) -> dict[str, int]:
    """How many rows are leased, and how many are ready for any worker."""
    return Outbox.objects.filter(tenant_id=tenant.pk, topic=TOPIC).aggregate(
        leased=Count("id", filter=Q(lease_until__isnull=False)),
        ready=Count("id", filter=Q(ready=True)),
    )


def test_a_death_while_answers_come_in_costs_no_more_than_a_few(
    tenant: Tenant, model: Model
) -> None:
    """Answered and unwritten, or asked: so many are asked again, however many wait."""
    begin_all()
    model.answers.set_result("answer")
    until(lambda: len(inflight._carried.admission.unwritten) == ANSWERS)
    begin_all()
    assert len(model.asked) == ANSWERS
    assert rows(tenant) == {"leased": ANSWERS, "ready": ROWS - ANSWERS}
    # This worker lives: it writes what it has, and goes on without anybody's help.
    model.may_write.set()
    until(lambda: len(model.written) == ROWS)
    assert inflight.wait_for_all(20) == []
    assert len(set(model.asked)) == len(model.asked) == ROWS
    assert rows(tenant) == {"leased": 0, "ready": 0}
