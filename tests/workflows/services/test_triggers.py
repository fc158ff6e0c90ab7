"""Triggers are replaced as a version is published, and no run is lost or doubled."""

from datetime import timedelta

from audit import outbox
from audit.models import Outbox
from tenants import clock
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from tests.workflows.triggers.schedule_kit import entry, go_to, scheduled, started
from workflows.models import Run, Trigger
from workflows.services import definitions
from workflows.services.triggers import DUE


def test_publishing_replaces_the_schedules(lane: Lane) -> None:
    workflow = lane.use(scheduled(entry("0 9 * * *"), entry("0 15 * * *")))
    text = scheduled(entry("0 15 * * *"), entry("0 17 * * *"))
    kept = Trigger.objects.get(cron="0 15 * * *").pk
    definitions.publish(workflow, text=text, actor=lane.world.staff(lane.client))
    assert Trigger.objects.get(cron="0 15 * * *").pk == kept
    for hour in ("09", "15", "17"):
        go_to(f"2026-11-18 {hour}:00")
    # Tuesday's 15:00 and 17:00 are one late run each.
    assert started() == ["11-18 09:00", "11-18 09:00", "11-18 15:00", "11-18 17:00"]
    definitions.publish(
        workflow,
        text=definition(REPLY, slug="weekly-note"),
        actor=lane.world.staff(lane.client),
    )
    go_to("2026-11-19 20:00")
    assert len(started()) == 4
    assert Outbox.objects.filter(topic=DUE).count() == 0


def test_publishing_as_a_run_is_due_neither_loses_nor_doubles_it(lane: Lane) -> None:
    """The version is published in the minute the schedule is due, before a worker came."""
    workflow = lane.use(scheduled(entry("0 9 * * *")))
    clock.pass_time(timedelta(hours=21, seconds=2))
    changed = scheduled(entry("0 9 * * *", given='{message: "New.", order_id: "10412"}'))
    definitions.publish(workflow, text=changed, actor=lane.world.staff(lane.client))
    outbox.drain()
    assert [run.input["message"] for run in Run.objects.all()] == ["New."]
    outbox.drain()
    assert len(started()) == 1


def test_two_schedules_alike_are_two(lane: Lane) -> None:
    second = '{message: "Another.", order_id: "10413"}'
    lane.use(scheduled(entry("0 9 * * *"), entry("0 9 * * *", given=second)))
    go_to("2026-11-18 09:00")
    assert {run.input["order_id"] for run in Run.objects.all()} == {"10412", "10413"}
