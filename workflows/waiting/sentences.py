"""Sentences that say what a run waits for. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from tenants.text.sentences import joined_by_or
from workflows.engine.state.breaker import BreakerState

PROVIDER_KEY = "via"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Reason why a run, or a part of it, waits. ``before`` is the number of jobs that go first."""

    why: str
    before: int | None = None


@dataclass(frozen=True, slots=True)
class WaitingJob:
    """Outbox row of a run that no worker has claimed.

    ``kind`` and ``name`` are those of its call: "tool", "shop.refund". ``waits_for`` is the key of
    the concurrency limit that it waits for, ``problem`` why it waits for a budget.
    """

    topic: str
    due_at: datetime
    ready: bool
    waits_for: str = ""
    before: int | None = None
    kind: str = ""
    name: str = ""
    attempt: int = 1
    problem: str = ""


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """Review item that waits. ``people`` may decide it; None where they were not looked up."""

    due_at: datetime
    is_exception: bool = False
    people: list[str] | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about one run's waiting: its jobs, items, steps, and what stops it.

    ``workflow_calls`` and ``client_calls`` are the calls in flight of its workflow and of its
    client, each with the limit.
    """

    now: datetime
    zone: tzinfo
    paused: bool = False
    stopped: tuple[str, ...] = ()
    jobs: list[WaitingJob] = field(default_factory=list)
    items: list[WaitingItem] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    circuits: dict[tuple[str, str], BreakerState] = field(default_factory=dict)
    workflow_calls: tuple[int, int] | None = None
    client_calls: tuple[int, int] | None = None


def explain(facts: Facts) -> list[Waiting]:
    """Return the reasons why a run waits, each once; only a pause or stop where there is one."""
    if facts.paused:
        return [Waiting("It is paused.")]
    if facts.stopped:
        return [Waiting(why) for why in facts.stopped]
    return list(dict.fromkeys(_reasons(facts)))


def _reasons(facts: Facts) -> Iterator[Waiting]:
    for row in facts.jobs:
        if (found := _job_reason(facts, row)) is not None:
            yield found
    for sentence in facts.steps:
        yield Waiting(sentence)
    for item in facts.items:
        yield Waiting(_item_sentence(facts, item))


def _job_reason(facts: Facts, row: WaitingJob) -> Waiting | None:
    if row.waits_for:
        return Waiting(_limit_sentence(facts, row.waits_for), row.before)
    if row.ready or row.due_at <= facts.now:
        return Waiting(_queue_sentence(facts, row.before), row.before or 0)
    when = time_words(row.due_at, facts)
    if row.topic == "run.wake":
        return None  # the sentence of the waiting step says it
    if row.problem:
        return Waiting(f"Waits for a budget. {row.problem}")
    circuit = facts.circuits.get((row.kind, row.name))
    if circuit is not None and circuit.is_open:
        failed = f"{row.name} failed {circuit.failures} times"
        return Waiting(f"Held: {failed}, tried again at {when}.")
    if circuit is not None:
        return Waiting(f"Held: {row.name} asked for a pause, tried again at {when}.")
    if row.attempt > 1:
        return Waiting(f"Retry at {when}: {row.name} failed before.")
    return Waiting(f"Looked at again at {when}.")


def _limit_sentence(facts: Facts, key: str) -> str:
    kind, _, name = key.partition(":")
    if kind == PROVIDER_KEY:
        return f"Waits for its turn: {name} is at its limit."
    if facts.workflow_calls is None:
        return "Waits for its turn: the calls of this workflow are at their limit."
    in_flight, most = facts.workflow_calls
    return f"Waits for its turn: {in_flight} of {most} calls of this workflow are in flight."


def _queue_sentence(facts: Facts, before: int | None) -> str:
    if facts.client_calls is not None:
        in_flight, most = facts.client_calls
        if in_flight >= most:
            return f"Waits for its turn: {in_flight} of {most} calls are in flight."
    return "Waits for its turn." if before else "Waits for its turn: it is next."


def _item_sentence(facts: Facts, item: WaitingItem) -> str:
    due = f", due {time_words(item.due_at, facts)}" if item.due_at > facts.now else ", overdue"
    if item.is_exception:
        return f"Waits for {item.owner or 'a person'} to resolve an exception."
    if not item.people:
        return f"Waits for a decision{due}."
    if len(item.people) == 1:
        return f"Waits for {item.people[0]}'s decision{due}."
    if len(item.people) > 3:
        return f"Waits for a decision by one of {len(item.people)} people{due}."
    return f"Waits for a decision by {joined_by_or(item.people)}{due}."


def waiting_step_sentence(kind: str, note: str, due_at: datetime | None, facts: Facts) -> str:
    """Return what a step waits for: a time, an event, or its child run."""
    if kind == "handoff":
        return f"{note.rstrip('.')}, and waits for that run."
    event = note.partition("the event ")[2].partition(",")[0].rstrip(".")
    until = time_words(due_at, facts) if due_at else ""
    if event:
        return f"Waits for the event {event}{f', until {until}' if until else ''}."
    return f"Waits until {until}." if until else note


def time_words(moment: datetime, facts: Facts) -> str:
    """Return a time in the client's zone as people say it: "14:05", "Mon 9:00", "12 Dec 9:00"."""
    local, today = moment.astimezone(facts.zone), facts.now.astimezone(facts.zone)
    clock = f"{local.hour}:{local:%M}"
    if local.date() == today.date():
        return clock
    if timedelta(0) < local.date() - today.date() < timedelta(days=7):
        return f"{local:%a} {clock}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {clock}"
