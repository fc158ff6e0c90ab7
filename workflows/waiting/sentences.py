"""What a run waits for, in words. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from workflows.engine.state.breaker import BreakerState

VIA = "via"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One reason why a run, or a part of it, does not go on. ``before`` counts who goes first."""

    why: str
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Owed:
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
    owed: list[Owed] = field(default_factory=list)
    asked: list[WaitingItem] = field(default_factory=list)
    resting: list[str] = field(default_factory=list)
    circuits: dict[tuple[str, str], BreakerState] = field(default_factory=dict)
    lane: tuple[int, int] | None = None
    client: tuple[int, int] | None = None


def explain(facts: Facts) -> list[Waiting]:
    """Why a run does not go on, what holds all of it first; each reason once."""
    if facts.paused:
        return [Waiting("It is paused.")]
    if facts.stopped:
        return [Waiting(why) for why in facts.stopped]
    return list(dict.fromkeys(_reasons(facts)))


def _reasons(facts: Facts) -> Iterator[Waiting]:
    for row in facts.owed:
        if (found := _owed(facts, row)) is not None:
            yield found
    for said in facts.resting:
        yield Waiting(said)
    for item in facts.asked:
        yield Waiting(_asked(facts, item))


def _owed(facts: Facts, row: Owed) -> Waiting | None:
    if row.waits_for:
        return Waiting(_for_room(facts, row.waits_for), row.before)
    if row.ready or row.due_at <= facts.now:
        return Waiting(_for_turn(facts, row.before), row.before or 0)
    when = said(row.due_at, facts)
    if row.topic == "run.wake":
        return None  # the step that rests says it
    standing = facts.circuits.get((row.kind, row.name))
    if standing is not None and standing.is_open:
        failed = f"{row.name} failed {standing.failures} times"
        return Waiting(f"Held: {failed}, tried again at {when}.")
    if row.attempt > 1:
        return Waiting(f"Retry at {when}: {row.name} failed before.")
    return Waiting(f"Looked at again at {when}.")


def _for_room(facts: Facts, key: str) -> str:
    kind, _, name = key.partition(":")
    if kind == VIA:
        return f"Waits for its turn: {name} is at its limit."
    if facts.lane is None:
        return "Waits for its turn: the calls of this workflow are at their limit."
    flying, most = facts.lane
    return f"Waits for its turn: {flying} of {most} calls of this workflow are in flight."


def _for_turn(facts: Facts, before: int | None) -> str:
    if facts.client is not None and facts.client[0] >= facts.client[1]:
        return f"Waits for its turn: {facts.client[0]} of {facts.client[1]} calls are in flight."
    return "Waits for its turn." if before else "Waits for its turn: it is next."


def _asked(facts: Facts, item: WaitingItem) -> str:
    due = f", due {said(item.due_at, facts)}" if item.due_at > facts.now else ", overdue"
    if item.is_exception:
        return f"Waits for {item.owner or 'a person'} to resolve an exception."
    if not item.people:
        return f"Waits for a decision{due}."
    if len(item.people) == 1:
        return f"Waits for {item.people[0]}'s decision{due}."
    if len(item.people) > 3:
        return f"Waits for a decision by one of {len(item.people)} people{due}."
    return f"Waits for a decision by {', '.join(item.people[:-1])} or {item.people[-1]}{due}."


def resting(kind: str, note: str, due_at: datetime | None, facts: Facts) -> str:
    """What a step rests for: a moment, an event, or the run it handed over to."""
    if kind == "handoff":
        return f"{note.rstrip('.')}, and waits for that run."
    event = note.partition("the event ")[2].partition(",")[0].rstrip(".")
    until = said(due_at, facts) if due_at else ""
    if event:
        return f"Waits for the event {event}{f', until {until}' if until else ''}."
    return f"Waits until {until}." if until else note


def said(moment: datetime, facts: Facts) -> str:
    """A moment as people of that place say it: "14:05", "Mon 9:00", "12 Dec 9:00"."""
    local, today = moment.astimezone(facts.zone), facts.now.astimezone(facts.zone)
    clock = f"{local.hour}:{local:%M}"
    if local.date() == today.date():
        return clock
    if timedelta(0) < local.date() - today.date() < timedelta(days=7):
        return f"{local:%a} {clock}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {clock}"
