"""Schedules: the runs they start, each once, and late ones made up for."""

from datetime import UTC, datetime

from audit import outbox
from audit.models import Outbox
from audit.worker import schedule
from tenants.models import Tenant
from tenants.services.tenants import change_tenant, resume_everything, stop_everything
from tests.lanes import Lane
from tests.workflows.triggers.schedule_kit import entry, go_to, scheduled, started
from workflows.models import Run, Trigger
from workflows.services import definitions
from workflows.services.triggers import DUE
from workflows.triggers.schedules import move_schedules_to_zone


def test_a_schedule_starts_its_runs(lane: Lane) -> None:
    """Noon of Tuesday 17 November; the first is on Wednesday."""
    lane.use(scheduled(entry()))
    go_to("2026-11-18 08:59")
    assert started() == []
    go_to("2026-11-18 09:00")
    run = Run.objects.get(trigger="schedule")
    assert run.asked_by == "Schedule: at 09:00 on Monday through Friday"
    assert run.input == {"message": "Write the weekly note.", "order_id": "10412"}
    assert run.status == "waiting"  # its draft waits for a person
    go_to("2026-11-19 09:00")
    go_to("2026-11-20 09:00")
    go_to("2026-11-23 09:01")
    assert started() == ["11-18 09:00", "11-19 09:00", "11-20 09:00", "11-23 09:01"]
    trigger = Trigger.objects.get()
    assert trigger.last_run_id == Run.objects.latest("id").pk
    assert trigger.next_due == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert Outbox.objects.filter(topic=DUE).count() == 1


def test_a_row_delivered_twice_starts_one_run(lane: Lane) -> None:
    """The second delivery finds the trigger moved on; were it not, the key is the same."""
    lane.use(scheduled(entry()))
    go_to("2026-11-18 09:00")
    trigger = Trigger.objects.get()
    again = datetime(2026, 11, 18, 9, tzinfo=UTC)
    schedule.set_due(DUE, trigger.pk, again)
    outbox.drain()
    assert len(started()) == 1
    Trigger.objects.update(next_due=again)  # as if the mark had not been kept
    schedule.set_due(DUE, trigger.pk, again)
    outbox.drain()
    assert len(started()) == 1


def test_after_an_outage_of_days_one_run_makes_up_for_all_that_were_missed(lane: Lane) -> None:
    lane.use(scheduled(entry("0 * * * *")))
    go_to("2026-11-19 15:30")
    assert started() == ["11-19 15:30"]
    assert (
        Run.objects.get().asked_by
        == "Schedule: at the start of every hour (due Tue 17 Nov 13:00, UTC)"
    )
    go_to("2026-11-19 16:00")
    assert started() == ["11-19 15:30", "11-19 16:00"]


def test_a_paused_workflow_starts_nothing_and_makes_up_once(lane: Lane) -> None:
    workflow = lane.use(scheduled(entry()))
    definitions.pause(workflow, actor=lane.client.actor())
    for day in ("18", "19", "20"):
        go_to(f"2026-11-{day} 09:00")
    assert started() == []
    definitions.unpause(workflow, actor=lane.client.actor())
    go_to("2026-11-20 09:02")
    go_to("2026-11-20 23:00")
    assert started() == ["11-20 09:02"]


def test_a_stopped_client_starts_nothing_and_makes_up_once(lane: Lane) -> None:
    lane.use(scheduled(entry()))
    stop_everything(actor=lane.client.actor())
    go_to("2026-11-18 09:00")
    go_to("2026-11-19 09:00")
    assert started() == []
    resume_everything(actor=lane.client.actor())
    go_to("2026-11-19 09:05")
    assert started() == ["11-19 09:05"]


def test_the_clients_time_zone_counts_and_may_change(lane: Lane) -> None:
    lane.use(scheduled(entry("0 9 * * *"), entry("0 9 * * *", zone="America/New_York")))
    change_tenant(lane.tenant(), actor=lane.world.staff(lane.client), timezone="Europe/Berlin")
    assert move_schedules_to_zone(lane.tenant()) == 1
    for moment in ("11-17 14:00", "11-18 08:00", "11-18 14:00"):
        go_to(f"2026-{moment}")
    assert started() == ["11-17 14:00", "11-18 08:00", "11-18 14:00"]


def test_a_time_zone_changed_behind_its_back_is_noticed_when_it_is_due(lane: Lane) -> None:
    lane.use(scheduled(entry("0 9 * * *")))
    Tenant.objects.update(timezone="America/New_York")
    go_to("2026-11-18 09:00")
    go_to("2026-11-18 14:00")
    # Since it was made at noon UTC, nine o'clock in New York has come once.
    assert started()[-1] == "11-18 14:00"
    assert len(started()) <= 2


def test_a_schedule_that_fails_again_and_again_says_so_and_goes_on(lane: Lane) -> None:
    """Its row is parked after five tries, and has new ones after a rest."""
    lane.use(scheduled(entry("0 9 * * *")))
    Trigger.objects.update(zone="Nowhere/Town")  # a zone that an update of the server took away
    for minute in range(6):
        go_to(f"2026-11-18 09:0{minute}")
    assert started() == []
    assert "could not be started" in Trigger.objects.get().problem
    Trigger.objects.update(zone="")
    go_to("2026-11-18 11:00")
    assert started() == ["11-18 11:00"]
    assert Trigger.objects.get().problem == ""
