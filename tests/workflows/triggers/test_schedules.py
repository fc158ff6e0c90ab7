"""Schedules: when they come round, and the runs they start."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import outbox
from audit.models import Outbox
from audit.worker import schedule
from tenants import clock
from tenants.models import Tenant
from tenants.services.tenants import change_tenant, resume_everything, stop_everything
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from workflows.definitions import cron
from workflows.definitions.problems import DefinitionError
from workflows.models import Run, Trigger
from workflows.services import definitions
from workflows.services.triggers import DUE
from workflows.triggers.schedules import move_schedules_to_zone

BERLIN, NEW_YORK, UTC_ZONE = (ZoneInfo(z) for z in ("Europe/Berlin", "America/New_York", "UTC"))
GIVEN = '{message: "Write the weekly note.", order_id: "10412"}'


def comes(text: str, zone: ZoneInfo, start: str, times: int) -> list[str]:
    """The next local times after a local moment, with their offset."""
    moment, found = datetime.fromisoformat(start).replace(tzinfo=zone).astimezone(UTC), []
    for _ in range(times):
        due = cron.next_due(text, zone, moment)
        assert due is not None
        moment = due
        found.append(f"{moment.astimezone(zone):%m-%d %H:%M %z}")
    return found


# -- The calendar --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "zone", "start", "expected"),
    [
        # Spring: 02:00-03:00 does not exist.
        (
            "30 2 * * *",
            BERLIN,
            "2026-03-28 00:00",
            ["03-28 02:30 +0100", "03-29 03:00 +0200", "03-30 02:30 +0200"],
        ),
        (
            "30 2 * * *",
            NEW_YORK,
            "2026-03-07 00:00",
            ["03-07 02:30 -0500", "03-08 03:00 -0400", "03-09 02:30 -0400"],
        ),
        # Several times in the gap are one.
        (
            "*/15 2 * * *",
            BERLIN,
            "2026-03-28 02:40",
            ["03-28 02:45 +0100", "03-29 03:00 +0200", "03-30 02:00 +0200"],
        ),
        (
            "30 2,3 * * *",
            BERLIN,
            "2026-03-29 00:00",
            ["03-29 03:00 +0200", "03-29 03:30 +0200", "03-30 02:30 +0200"],
        ),
        # Autumn: 02:00-03:00 (Berlin), 01:00-02:00 (New York) comes twice.
        (
            "30 2 * * *",
            BERLIN,
            "2026-10-24 12:00",
            ["10-25 02:30 +0200", "10-26 02:30 +0100"],
        ),
        (
            "30 1 * * *",
            NEW_YORK,
            "2026-10-31 12:00",
            ["11-01 01:30 -0400", "11-02 01:30 -0500"],
        ),
        (
            "0 */2 * * *",
            BERLIN,
            "2026-10-25 00:00",
            ["10-25 02:00 +0200", "10-25 04:00 +0100"],
        ),
        # Every hour follows the time that passes.
        (
            "0 * * * *",
            BERLIN,
            "2026-10-25 01:30",
            ["10-25 02:00 +0200", "10-25 02:00 +0100", "10-25 03:00 +0100"],
        ),
        ("0 * * * *", BERLIN, "2026-03-29 00:30", ["03-29 01:00 +0100", "03-29 03:00 +0200"]),
        # Midnight and nine o'clock stay what they are on the wall.
        (
            "0 9 * * *",
            BERLIN,
            "2026-03-28 08:00",
            ["03-28 09:00 +0100", "03-29 09:00 +0200"],
        ),
        (
            "0 9 * * *",
            NEW_YORK,
            "2026-10-31 08:00",
            ["10-31 09:00 -0400", "11-01 09:00 -0500"],
        ),
        # Ends of months.
        ("0 9 31 * *", UTC_ZONE, "2026-01-31 09:00", ["03-31 09:00 +0000", "05-31 09:00 +0000"]),
        ("0 9 L * *", UTC_ZONE, "2026-01-31 09:00", ["02-28 09:00 +0000", "03-31 09:00 +0000"]),
        ("0 9 29 2 *", UTC_ZONE, "2026-01-01 00:00", ["02-29 09:00 +0000"]),
        ("0 0 1 * *", BERLIN, "2026-03-15 00:00", ["04-01 00:00 +0200"]),
        (
            "0 9 * * mon-fri",
            BERLIN,
            "2026-11-20 09:00",
            ["11-23 09:00 +0100", "11-24 09:00 +0100"],
        ),
    ],
)
def test_times_are_right_across_clock_changes_and_ends_of_months(
    text: str, zone: ZoneInfo, start: str, expected: list[str]
) -> None:
    assert comes(text, zone, start, len(expected)) == expected


@pytest.mark.parametrize(
    "hours", ["*", "*/1", "0-23", "0/1", "0-11,12-23", "0-12,6-23", "22-23,0-21"]
)
def test_every_hour_is_every_hour_however_it_is_written(hours: str) -> None:
    """In the doubled hour both come."""
    found = comes(f"0 {hours} * * *", BERLIN, "2026-10-25 01:30", 3)
    assert found == ["10-25 02:00 +0200", "10-25 02:00 +0100", "10-25 03:00 +0100"]


def test_all_hours_but_one_are_times_of_the_day() -> None:
    found = comes("0 0-22 * * *", BERLIN, "2026-10-25 01:30", 2)
    assert found == ["10-25 02:00 +0200", "10-25 03:00 +0100"]


def test_a_time_asked_for_within_the_second_of_two_hours_is_not_made_up() -> None:
    """01:30 has been; at 01:10 for the second time the next is tomorrow's."""
    second = datetime(2026, 11, 1, 1, 10, tzinfo=NEW_YORK, fold=1).astimezone(UTC)
    due = cron.next_due("30 1 * * *", NEW_YORK, second)
    assert due == datetime(2026, 11, 2, 1, 30, tzinfo=NEW_YORK).astimezone(UTC)


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.sampled_from(["30 2 * * *", "*/7 1-3 * * *", "15 * * * *", "0 0 L * *", "59 23 31 12 *"]),
)
def test_the_next_time_is_always_later_and_at_a_whole_minute(
    start: datetime, name: str, text: str
) -> None:
    after = start.replace(tzinfo=UTC)
    due = cron.next_due(text, ZoneInfo(name), after)
    assert due is not None
    assert due > after
    assert (due.second, due.microsecond) == (0, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 9 * * mon-fri", "at 09:00 on Monday through Friday"),
        ("30 7,19 * * *", "at 07:30 and 19:30 every day"),
        ("0 9 L * *", "at 09:00 on the last day of every month"),
        ("*/15 * * * *", "every 15th minute of every hour"),
        ("* * * * *", "every minute"),
        ("0 * * * *", "at the start of every hour"),
        ("0 9 * * FRI#2", "at 09:00 on the second Friday of the month"),
    ],
)
def test_a_cron_text_is_said_in_words(text: str, said: str) -> None:
    cron.check(text)
    assert cron.cron_in_words(text) == said


# -- In a definition -----------------------------------------------------------------------


def scheduled(*entries: str, slug: str = "weekly-note") -> str:
    listed = ", ".join(entries)
    return definition(REPLY, slug=slug, on=f"{{schedule: [{listed}]}}")


def entry(text: str = "0 9 * * mon-fri", given: str = GIVEN, **more: str) -> str:
    said = "".join(f", {name}: {value}" for name, value in more.items())
    return f'{{cron: "{text}", input: {given}{said}}}'


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        (entry("61 9 * * *"), ["on", "schedule", 0, "cron"], "bad minute"),
        (entry("0 9 * *"), ["on", "schedule", 0, "cron"], "4 fields, not five"),
        (entry("0 0 9 * * *"), ["on", "schedule", 0, "cron"], "6 fields, not five"),
        (entry("0 9 30 2 *"), ["on", "schedule", 0, "cron"], "bad day-of-month"),
        (entry("0 9 * * mon#1/2"), ["on", "schedule", 0, "cron"], "no cron text"),
        (entry(zone="Mars/Olympus"), ["on", "schedule", 0, "zone"], "no time zone"),
        (entry(given="{message: 1.5}"), ["on", "schedule", 0, "input"], "no exact JSON"),
        (entry(given="{message: 2026-01-01}"), ["on", "schedule", 0, "input"], "no exact JSON"),
        (entry(given="{}"), ["on", "schedule", 0], "gives no input.message"),
        (entry(often="yes"), ["on", "schedule", 0, "often"], "no such setting"),
    ],
)
def test_what_is_wrong_with_a_schedule_is_said_at_its_place(
    lane: Lane, written: str, path: list[object], said: str
) -> None:
    text = scheduled(entry(), written)
    with pytest.raises(DefinitionError) as refused:
        definitions.check(text)
    problem = refused.value.problems[0]
    assert list(problem.path) == [*path[:2], 1, *path[3:]]
    assert said in problem.message
    line = text.split("\n")[problem.line - 1]
    last = path[-1] if isinstance(path[-1], str) else "{"
    assert line[problem.column - 1 :].startswith(str(last))
    assert problem.column > line.index("}")  # the second entry, not the first


# -- Runs ----------------------------------------------------------------------------------


def started() -> list[str]:
    """When scheduled runs began, in UTC."""
    rows = Run.objects.filter(trigger="schedule").order_by("id")
    return [f"{run.started_at:%m-%d %H:%M}" for run in rows]


def go_to(moment: str) -> None:
    """Move the clock and do what is due."""
    wanted = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    clock.pass_time(wanted - clock.now())
    outbox.drain()


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


def test_two_schedules_alike_are_two(lane: Lane) -> None:
    second = '{message: "Another.", order_id: "10413"}'
    lane.use(scheduled(entry("0 9 * * *"), entry("0 9 * * *", given=second)))
    go_to("2026-11-18 09:00")
    assert {run.input["order_id"] for run in Run.objects.all()} == {"10412", "10413"}


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
