"""Steps that wait: for a moment, for a while, for an event until its deadline."""

from datetime import UTC, datetime, timedelta

import pytest

from audit.models import Outbox
from tenants.services.tenants import resume_everything, stop_everything
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from tests.workflows.waiting_kit import PAID, tell, use
from workflows.services.runs import cancel_run

NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)


def test_a_step_waits_for_a_while_and_the_run_goes_on_by_itself(lane: Lane) -> None:
    run = use(
        lane,
        "\n  - {name: pause, wait: {for: 1h30m}}"
        "\n  - {name: more, needs: [pause], wait: {for: 1s}}",
    )
    assert (run.status, lane.steps()) == ("waiting", {"pause": "waiting"})
    assert lane.note("pause") == "Waits until 2026-11-17 13:30 UTC."
    lane.pass_time(minutes=89)
    assert lane.steps() == {"pause": "waiting"}
    lane.pass_time(minutes=1)
    assert lane.steps() == {"pause": "done", "more": "waiting"}
    lane.pass_time(seconds=1)
    assert lane.run().status == "done"
    assert not Outbox.objects.exists()


@pytest.mark.parametrize(
    "until",
    [
        "2026-11-18T12:00:00Z",
        '"2026-11-18T13:00:00+01:00"',
        "\"timestamp('2026-11-17T12:00:00Z') + duration('24h')\"",
        '"input.when"',
    ],
)
def test_a_step_waits_until_a_moment_written_or_worked_out(lane: Lane, until: str) -> None:
    lane.use(definition(f"\n  - name: pause\n    wait: {{until: {until}}}"))
    lane.start(when="2026-11-18T12:00:00Z")
    assert Outbox.objects.get().due_at == NOON + timedelta(days=1)
    lane.pass_time(hours=23, minutes=59)
    assert lane.run().status == "waiting"
    lane.pass_time(minutes=1)
    assert lane.run().status == "done"


def test_a_moment_that_has_passed_is_no_wait(lane: Lane) -> None:
    assert use(lane, "\n  - {name: pause, wait: {until: 2026-01-01T00:00:00Z}}").status == "done"


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("input.subject", "no moment"),
        ("'2026-11-18T12:00:00'", "no moment with a time zone"),
        ("'2029-11-18T12:00:00Z'", "366 days is the longest"),
        ("'9999-12-31T23:59:59-14:00'", "no moment"),
        ("timestamp('0001-01-01T00:00:00+14:00')", "no moment"),
        ("input.nothing", "can't be worked out"),
    ],
)
def test_a_wait_for_no_moment_is_an_exception(lane: Lane, until: str, said: str) -> None:
    assert use(lane, f'\n  - name: pause\n    wait: {{until: "{until}"}}').status == "failed"
    assert said in lane.exception().draft["problem"]


def test_a_stopped_client_wakes_up_only_once_it_goes_on(lane: Lane) -> None:
    use(lane, "\n  - {name: pause, wait: {for: 1h}}")
    stop_everything(actor=lane.client.actor(), reason="Look first.")
    lane.pass_time(hours=2)
    assert lane.steps() == {"pause": "waiting"}
    resume_everything(actor=lane.client.actor())
    lane.pass_time(minutes=5)
    assert lane.run().status == "done"


def test_a_cancelled_run_is_not_woken(lane: Lane) -> None:
    run = use(lane, "\n  - {name: pause, wait: {for: 1h}}")
    cancel_run(run.pk, actor=lane.client.actor())
    lane.pass_time(hours=2)
    assert (lane.run().status, lane.steps()) == ("cancelled", {"pause": "waiting"})
    assert not Outbox.objects.exists()


def test_people_decide_while_another_branch_waits(lane: Lane) -> None:
    use(lane, REPLY + "\n  - {name: pause, wait: {for: 2d}}")
    assert lane.steps() == {"facts": "done", "reply": "done", "pause": "waiting"}
    assert lane.run().status == "waiting"
    lane.pass_time(days=2)
    lane.decide()
    assert lane.run().status == "done"


# -- Events ----------------------------------------------------------------------------------


def test_a_deadline_that_passes_is_an_exception_and_trying_again_waits_anew(lane: Lane) -> None:
    use(lane, PAID % ", deadline: 3d")
    lane.pass_time(days=3)
    assert lane.exception().draft["problem"] == (
        "The event payment.received did not come within 3d."
    )
    assert lane.run().status == "failed"
    lane.resolve("retry")
    assert lane.steps() == {"paid": "waiting"}
    tell(lane)
    assert lane.run().status == "done"


def test_a_deadline_may_let_the_run_go_on_and_the_next_step_can_tell(lane: Lane) -> None:
    steps = """
  - {name: paid, wait: {event: paid, deadline: 3d, on_deadline: continue}}
  - name: late
    needs: [paid]
    if: "has(steps.paid.output.deadline_passed)"
    wait: {for: 1s}
"""
    use(lane, steps)
    lane.pass_time(days=3)
    lane.pass_time(seconds=1)
    assert (lane.run().status, lane.steps()) == ("done", {"paid": "done", "late": "done"})


def test_the_deadline_of_an_event_that_came_does_nothing(lane: Lane) -> None:
    use(
        lane,
        "\n  - {name: paid, wait: {event: paid, deadline: 3d}}"
        "\n  - {name: more, needs: [paid], wait: {for: 9d}}",
    )
    tell(lane, "paid", n=1)
    lane.pass_time(days=4)
    assert lane.steps() == {"paid": "done", "more": "waiting"}
    assert Outbox.objects.count() == 1
