"""A topic whose jobs call nothing, and rows of it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from audit import outbox
from audit.jobs import Claim, Job, Limit, Postpone
from audit.models import Outbox
from audit.worker import concurrency
from tenants.ids import uuid7
from tenants.scope import tenant_scope
from tests.world import Client

TOPIC = "test.job"
VIA, LANE = Limit("via:openai", 1), Limit(f"lane:{UUID(int=1)}", 1)


@dataclass
class Recorder:
    """A handler that keeps what it was asked and told."""

    answers: Any = None  # called with the claim; what it returns or raises is the answer
    parked: list[str] = field(default_factory=list)
    stored: list[object] = field(default_factory=list)

    def prepare(self, claim: Claim) -> Job | Postpone | None:
        found: Job | Postpone | None = self.answers(claim) if self.answers else None
        return found

    def give_up(self, claim: Claim, error: str) -> None:
        self.parked.append(error)


@dataclass
class Call:
    """A job that answers with its outcome, or raises it."""

    claim: Claim
    recorder: Recorder
    outcome: object = "answer"
    follows: Job | None = None

    def perform(self) -> object:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def store_result(self, outcome: object) -> Job | None:
        self.recorder.stored.append(outcome)
        return self.follows


def owe(client: Client, **more: Any) -> UUID:
    """Enqueue a job of a client, and return its row's id."""
    with tenant_scope(client.tenant.pk):
        return outbox.enqueue(TOPIC, uuid7(), **more)


def row(row_id: UUID) -> Outbox:
    return Outbox.objects.get(pk=row_id)


def claimed(row_id: UUID) -> Claim:
    """Claim a row that can be claimed."""
    found = outbox.claim(row_id)
    assert found is not None
    return found


def in_flight(client: Client, *limits: Limit) -> Claim:
    """Claim a call that counts against these limits."""
    claim = claimed(owe(client))
    made = Claim(claim.id, claim.tenant_id, claim.topic, claim.object_id, claim.fence, limits)
    concurrency.occupy_capacity(made)
    return made


def waiting(client: Client, limit: Limit = VIA) -> UUID:
    """Return a row that found no room."""
    claim = claimed(owe(client))
    concurrency.wait_for_capacity(claim.id, limit.key, fence=claim.fence - 1)
    return claim.id
