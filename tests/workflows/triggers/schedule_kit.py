"""Workflows with schedules, and a clock that is moved to when they are due."""

from datetime import UTC, datetime

from audit import outbox
from tenants import clock
from tests.workflows.definition_kit import REPLY, definition
from workflows.models import Run

GIVEN = '{message: "Write the weekly note.", order_id: "10412"}'


def scheduled(*entries: str, slug: str = "weekly-note") -> str:
    listed = ", ".join(entries)
    return definition(REPLY, slug=slug, on=f"{{schedule: [{listed}]}}")


def entry(text: str = "0 9 * * mon-fri", given: str = GIVEN, **more: str) -> str:
    said = "".join(f", {name}: {value}" for name, value in more.items())
    return f'{{cron: "{text}", input: {given}{said}}}'


def started() -> list[str]:
    """When scheduled runs began, in UTC."""
    rows = Run.objects.filter(trigger="schedule").order_by("id")
    return [f"{run.started_at:%m-%d %H:%M}" for run in rows]


def go_to(moment: str) -> None:
    """Move the clock and do what is due."""
    wanted = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    clock.pass_time(wanted - clock.now())
    outbox.drain()
