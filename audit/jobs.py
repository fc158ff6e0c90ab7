"""The shapes of what is owed and of what does it. Pure; ``audit.outbox`` hands them on."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Protocol, runtime_checkable
from uuid import UUID

log = logging.getLogger(__name__)


class Priority(IntEnum):
    """What of one tenant goes first."""

    INTERACTIVE = 0
    NORMAL = 1
    BULK = 2


@dataclass(frozen=True, slots=True)
class SweepResult:
    """Rows that need a wake-up, and whether one of them had one that came to nothing."""

    ids: list[UUID]
    unheard: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """How many calls of one kind may be in flight, over all workers. ``key`` names the kind:
    ``lane:`` and a workflow's id, or ``via:`` and a provider of models.
    """

    key: str
    most: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed row: what is owed, to whom, and the fence it was claimed with.

    ``limits`` are those its call counts against while it is in flight.
    """

    id: UUID
    tenant_id: UUID
    topic: str
    object_id: UUID
    fence: int
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Postpone:
    """Not now: look again after a while, or once there is room under the limit ``behind``."""

    wait: timedelta
    behind: str = ""


class Job(Protocol):
    """The outside half of a debt: a call made with no transaction open."""

    @property
    def debt(self) -> Claim:
        """The leased row the call is made for."""

    def perform(self) -> object:
        """Make the call. No database here. A coroutine function holds no thread."""

    def settle(self, outcome: object) -> "Job | None":
        """Write what came of it, in the transaction that settles the debt."""


@runtime_checkable
class Reloadable(Protocol):
    """A job that holds rows in memory: settling it a second time needs them read anew."""

    def reload(self) -> Job:
        """The same job with its rows as they are now. In the settling transaction."""


class Handler(Protocol):
    """What one topic does."""

    def prepare(self, debt: Claim) -> "Job | Postpone | None":
        """Do the inside half, in the claim's transaction. None: that was all."""

    def give_up(self, debt: Claim, error: str) -> None:
        """The row failed PARK_AFTER times. Leave something a person will see."""


def _log_parked(debt: Claim, error: str) -> None:
    log.error("parked %s %s: %s", debt.topic, debt.object_id, error)


@dataclass(frozen=True, slots=True)
class FunctionHandler:
    """A handler made of functions: the inside half, and what to do with a poisoned row."""

    work: Callable[[Claim], Job | Postpone | None]
    gives_up: Callable[[Claim, str], None] = _log_parked

    def prepare(self, debt: Claim) -> Job | Postpone | None:
        return self.work(debt)

    def give_up(self, debt: Claim, error: str) -> None:
        self.gives_up(debt, error)


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """Rows of one tenant that were claimed, and whether others were ready then."""

    debts: list[Claim]
    more: bool = False


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a claim: whether there may be more to claim, how many rows were done, calls
    to make.
    """

    more: bool
    done: int = 0
    jobs: tuple[Job, ...] = ()


@dataclass(frozen=True, slots=True)
class CallResult:
    """A call that came back, with its outcome or the error it raised."""

    job: Job
    outcome: object
    error: Exception | None = None
