"""What a run waits for, in words. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from workflows.engine.state.breaker import BreakerState

PROVIDER_KEY = "via"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One reason why a run, or a part of it, does not go on. ``before`` counts who goes first."""

    why: str
    before: int | None = None


@dataclass(frozen=True, slots=True)
class WaitingJob:
    """A row of the outbox that nobody has in hand, and what it is about.

    ``kind`` and ``name`` are those of its call: "tool", "shop.refund".
    """

    topic: str
    due_at: datetime
    ready: bool
    waits_for: str = ""
    before: int | None = None
    kind: str = ""
    name: str = ""
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """A review item that waits. ``people`` may decide it; None where nobody looked who."""

    due_at: datetime
    is_exception: bool = False
    people: list[str] | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All there is to say about one run.

    ``lane`` and ``client``: how many calls of its workflow, of its client fly, and the most.
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
    """Why a run does not go on, what holds all of it first; each reason once."""
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
        return None  # the step that rests says it
    circuit = facts.circuits.get((row.kind, row.name))
    if circuit is not None and circuit.is_open:
        failed = f"{row.name} failed {circuit.failures} times"
        return Waiting(f"Held: {failed}, tried again at {when}.")
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
    return f"Waits for a decision by {', '.join(item.people[:-1])} or {item.people[-1]}{due}."


def waiting_step_sentence(kind: str, note: str, due_at: datetime | None, facts: Facts) -> str:
    """What a step rests for: a moment, an event, or the run it handed over to."""
    if kind == "handoff":
        return f"{note.rstrip('.')}, and waits for that run."
    event = note.partition("the event ")[2].partition(",")[0].rstrip(".")
    until = time_words(due_at, facts) if due_at else ""
    if event:
        return f"Waits for the event {event}{f', until {until}' if until else ''}."
    return f"Waits until {until}." if until else note


def time_words(moment: datetime, facts: Facts) -> str:
    """A moment as people of that place say it: "14:05", "Mon 9:00", "12 Dec 9:00"."""
    local, today = moment.astimezone(facts.zone), facts.now.astimezone(facts.zone)
    clock = f"{local.hour}:{local:%M}"
    if local.date() == today.date():
        return clock
    if timedelta(0) < local.date() - today.date() < timedelta(days=7):
        return f"{local:%a} {clock}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {clock}"
