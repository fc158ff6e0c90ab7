"""wait: until a moment, for a span of time, or for an event from a client's system."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from approvals.rules import expressions
from approvals.rules.expression_limits import shortened_text
from approvals.rules.ladder import Effect
from tenants import clock
from tenants.errors import Invalid
from workflows.definitions import durations
from workflows.definitions.definition import Definition, Step
from workflows.definitions.schema import Strict
from workflows.definitions.world import World
from workflows.steps.protocol import StepContext
from workflows.steps.results import Await, Done, SettingsMistake

NAME = "wait"
EFFECT = Effect.READ
# Further names for the expressions of this kind: the condition reads the event's data.
READS = {"if": {"event"}}


def _span(text: str) -> str:
    if not durations.span(text) <= durations.LONGEST:
        raise ValueError(f"a wait lasts {durations.LONGEST.days} days at most")
    return text


Span = Annotated[str, AfterValidator(_span)]
EventName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,79}$")]


class Settings(Strict):
    """One of ``until`` (CEL or an RFC 3339 moment), ``for`` (``3d``) and ``event``.

    An event may have a condition over its data, and a deadline.
    """

    until: str = ""
    """A moment, in CEL or as RFC 3339 text."""
    for_: Span = Field(default="", alias="for")
    """So long, as in 30m, 8h or 3d."""
    event: EventName | None = None
    """The name of an event that a client's system sends to the run."""
    if_: str = Field(default="", alias="if")
    """Only an event for which this holds, in CEL over event."""
    deadline: Span = ""
    """How long it waits for the event."""
    on_deadline: Literal["fail", "continue"] = "fail"
    """Whether the step fails when nothing came in time, or goes on."""

    @field_validator("until", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        """Turn a date or time back into text: YAML parses a bare one."""
        return value.isoformat() if isinstance(value, date | datetime) else value

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if sum(map(bool, (self.until, self.for_, self.event))) != 1:
            raise ValueError("say one of until, for and event")
        if not self.event and (self.if_ or self.deadline or "on_deadline" in self.model_fields_set):
            raise ValueError("if, deadline and on_deadline belong to an event")
        if "on_deadline" in self.model_fields_set and not self.deadline:
            raise ValueError("on_deadline needs a deadline")
        return self


def expressions_in(settings: Settings) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the CEL of ``until`` and ``if``, each with its path in the settings."""
    if settings.until and not _is_literal(settings.until):
        yield ("until",), settings.until
    if settings.if_:
        yield ("if",), settings.if_


def check(
    settings: Settings, definition: Definition, step: Step, world: World
) -> Iterator[SettingsMistake]:
    """Yield a problem for a time without its time zone."""
    if _is_literal(settings.until) and durations.moment(settings.until) is None:
        yield SettingsMistake(("until",), "Say the time zone too, as in 2026-12-24T09:00:00Z.")


def _is_literal(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def begin(context: StepContext, step: Step) -> Await | Done:
    """Return what the step waits for, or that it is done where the time has passed."""
    settings: Settings = step.settings
    now = clock.now()
    if settings.event:
        due = now + durations.span(settings.deadline) if settings.deadline else None
        by = f", until {_local_time(due, context)}" if due else ""
        return Await(f"Waits for the event {settings.event}{by}.", due)
    if settings.for_:
        due = now + durations.span(settings.for_)
    else:
        due = _due_time(settings.until, context.names())
    if due <= now:
        return Done({"until": due.isoformat()})
    if due - now > durations.LONGEST:
        longest = durations.LONGEST.days
        raise Invalid(
            f"It would wait until {_local_time(due, context)}; {longest} days is the longest.",
            code="long_wait",
        )
    return Await(f"Waits until {_local_time(due, context)}.", due)


def _due_time(source: str, names: dict[str, Any]) -> datetime:
    literal = durations.moment(source)
    value = literal or expressions.evaluate(source, names)
    found = durations.moment(value) if isinstance(value, str) else value
    if not isinstance(found, datetime) or found.tzinfo is None:
        raise _not_a_time(source, value)
    try:
        return found.astimezone(UTC)
    except OverflowError as error:  # in the first or the last hours of the calendar
        raise _not_a_time(source, value) from error


def _not_a_time(source: str, value: Any) -> Invalid:
    return Invalid(
        f"“{shortened_text(source)}” gave {shortened_text(repr(value))}, "
        "which is no moment with a time zone.",
        code="no_moment",
    )


def _local_time(moment: datetime, context: StepContext) -> str:
    zone = ZoneInfo(context.tenant.timezone)
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"


def is_awaited(settings: Settings, data: dict[str, Any], names: dict[str, Any]) -> bool:
    """Whether an event's data meets the condition of the step."""
    if not settings.if_:
        return True
    try:
        return bool(expressions.evaluate(settings.if_, {**names, "event": data}))
    except Invalid:
        return False  # the condition reads a field that this event does not have
