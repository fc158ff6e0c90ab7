"""The types of a job (claim, handler, call, result). Pure; ``audit.outbox`` re-exports them."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

log = logging.getLogger(__name__)


class Priority(IntEnum):
    """The priority of a job among the jobs of one tenant; the lowest number is claimed first."""

    INTERACTIVE = 0
    NORMAL = 1
    BULK = 2


@dataclass(frozen=True, slots=True)
class SweepResult:
    """The ids of due rows that need a wake-up.

    ``wakeup_missed`` says that an earlier wake-up for one of them led to nothing.
    """

    ids: list[UUID]
    wakeup_missed: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """A concurrency limit: at most ``most`` calls of one kind in flight, over all workers.

    ``key`` names the kind: ``lane:`` and the id of a workflow, or ``via:`` and a model provider.
    """

    key: str
    most: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed outbox row: its topic, tenant and object, and the fence of this claim.

    While its call is in flight, the row counts against ``limits``.
    """

    id: UUID
    tenant_id: UUID
    topic: str
    object_id: UUID
    fence: int
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Postpone:
    """The job is not done yet: its row is due again after ``wait``.

    With ``limit_key`` the row waits until that concurrency limit has capacity.
    """

    wait: timedelta
    limit_key: str = ""


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """A database function locks and reads what a handler needs, in the statement of the claim.

    ``function`` is its name; it takes an object's id. ``keep`` holds the row it gave ready for the
    handler, for the time of a block.
    """

    function: str
    keep: Callable[[UUID, tuple[Any, ...]], AbstractContextManager[None]]


class Job(Protocol):
    """A claimed row whose call is made outside of any transaction."""

    @property
    def claim(self) -> Claim:
        """Return the claim the call is made for."""

    def perform(self) -> object:
        """Make the call without using the database, and return its outcome.

        A coroutine function runs on the event loop and occupies no thread.
        """

    def store_result(self, outcome: object) -> "Job | None":
        """Store the outcome, in the transaction that completes the claim. Return the next job."""


@runtime_checkable
class ReadsAhead(Protocol):
    """A job whose result needs rows that are read in the statement that completes its claim."""

    @property
    def reads(self) -> tuple[ReadAhead, UUID]:
        """Return how they are read, and the id of the object."""


@runtime_checkable
class Reloadable(Protocol):
    """A job with model instances in memory. A second try to store needs them read again."""

    def reload(self) -> Job:
        """Return the same job with its rows read again. Called before the storing transaction."""


class Handler(Protocol):
    """The handler of one topic."""

    def prepare(self, claim: Claim) -> "Job | Postpone | None":
        """Begin the job in the transaction of its claim.

        Return a Job whose call is to be made, a Postpone, or None where the job is complete.
        """

    def give_up(self, claim: Claim, error: str) -> None:
        """Report a parked row, which failed PARK_AFTER times, where a person will see it."""


def _log_parked(claim: Claim, error: str) -> None:
    log.error("parked %s %s: %s", claim.topic, claim.object_id, error)


@dataclass(frozen=True, slots=True)
class FunctionHandler:
    """A handler made of two functions.

    ``work`` prepares the job; ``on_parked`` reports a row that was parked.
    """

    work: Callable[[Claim], Job | Postpone | None]
    on_parked: Callable[[Claim, str], None] = _log_parked

    def prepare(self, claim: Claim) -> Job | Postpone | None:
        return self.work(claim)

    def give_up(self, claim: Claim, error: str) -> None:
        self.on_parked(claim, error)


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """The claimed rows of one tenant; ``more`` says that other rows were ready at that time.

    ``ahead`` is what was read ahead for the only row, where its topic has a ``ReadAhead``.
    """

    claims: list[Claim]
    more: bool = False
    ahead: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of preparing a batch: the calls to make and the number of rows begun or complete.

    ``more`` says that other rows may be ready, ``topic`` which topic the rows were of.
    """

    more: bool
    done: int = 0
    jobs: tuple[Job, ...] = ()
    topic: str = ""


@dataclass(frozen=True, slots=True)
class CallResult:
    """A finished call, with its outcome or the error it raised."""

    job: Job
    outcome: object
    error: Exception | None = None
