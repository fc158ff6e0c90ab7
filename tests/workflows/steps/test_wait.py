"""Steps that wait: for a moment, for a while, for an event from a client's system."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit import outbox
from audit.models import Outbox
from tenants.actors import Actor
from tenants.errors import Conflict, Forbidden, NotFound, TooLarge
from tenants.ids import uuid7
from tenants.roles import Capability
from tenants.services.tenants import resume_everything, stop_everything
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from workflows.models import Arrival, Run, StepRun
from workflows.services.events import MOST_KEPT, send_event
from workflows.services.runs import cancel_run

NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
PAID = """
  - name: paid
    wait: {event: payment.received, if: "event.cents >= 4820"%s}
  - name: after
    needs: [paid]
    wait: {until: "steps.paid.output.from"}
"""
FROM = "2026-11-17T12:00:00Z"
KEY = Actor("key", uuid7(), "API key shop", "key", frozenset({Capability.SEND_EVENTS}))


def use(lane: Lane, steps: str) -> Run:
    lane.use(definition(steps))
    return lane.start()


def tell(lane: Lane, name: str = "payment.received", key: str | None = None, **data: Any) -> bool:
    data = data or {"cents": 4820, "from": FROM}
    arrival, made = send_event(lane.run().pk, name=name, data=data, actor=KEY, idempotency_key=key)
    outbox.drain()
    assert arrival.name == name
    return made


def output(lane: Lane, step: str) -> Any:
    return StepRun.objects.get(run=lane.run(), name=step, replaced_at=None).output


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


def test_an_event_wakes_the_step_and_its_data_is_the_output(lane: Lane) -> None:
    use(lane, PAID % "")
    assert (lane.run().status, lane.steps()) == ("waiting", {"paid": "waiting"})
    assert tell(lane)
    assert output(lane, "paid") == {"cents": 4820, "from": FROM}
    assert lane.run().status == "done"
    assert "run.told" in lane.verbs()


def test_the_same_event_twice_counts_once_and_another_with_its_key_is_refused(lane: Lane) -> None:
    use(lane, PAID % "")
    assert tell(lane, key="k1")
    assert not tell(lane, key="k1")
    with pytest.raises(Conflict, match="used with another event"):
        tell(lane, key="k1", cents=9999)
    assert Arrival.objects.count() == 1
    assert lane.verbs().count("run.told") == 1


def test_an_event_that_does_not_meet_the_condition_is_refused_and_wakes_nobody(lane: Lane) -> None:
    use(lane, PAID % "")
    for data in ({"cents": 10}, {"other": 1}):
        with pytest.raises(Conflict, match="does not meet its condition"):
            tell(lane, **data)
    assert lane.steps() == {"paid": "waiting"}


def test_an_event_that_no_step_names_and_one_after_the_end_are_refused(lane: Lane) -> None:
    use(lane, PAID % "")
    with pytest.raises(Conflict, match="This run never waits for"):
        tell(lane, "payment.refused")
    tell(lane)
    with pytest.raises(Conflict, match="is over"):
        tell(lane)
    with pytest.raises(NotFound):
        send_event(uuid7(), name="x", data={}, actor=KEY)


def test_only_who_may_send_events_does(lane: Lane) -> None:
    run = use(lane, PAID % "")
    nobody = Actor("key", uuid7(), "API key", "key", frozenset({Capability.START_RUNS}))
    with pytest.raises(Forbidden):
        send_event(run.pk, name="payment.received", data={}, actor=nobody)


def test_an_event_that_comes_early_is_kept_and_taken_when_the_wait_begins(lane: Lane) -> None:
    late = """
  - {name: pause, wait: {for: 1h}}
  - {name: paid, needs: [pause], wait: {event: payment.received, if: "event.cents >= 4820"}}
"""
    use(lane, late)
    tell(lane, cents=10)
    tell(lane, cents=5000)
    tell(lane, cents=6000)
    assert Arrival.objects.filter(taken_by=None).count() == 3
    lane.pass_time(hours=1)
    assert output(lane, "paid") == {"cents": 5000}
    assert lane.run().status == "done"


def test_no_more_than_a_few_early_events_are_kept(lane: Lane) -> None:
    use(
        lane,
        "\n  - {name: pause, wait: {for: 1h}}"
        "\n  - {name: paid, needs: [pause], wait: {event: paid}}",
    )
    for n in range(MOST_KEPT):
        tell(lane, "paid", n=n)
    with pytest.raises(Conflict, match="are kept for this run already"):
        tell(lane, "paid", n=99)


def test_an_event_wakes_one_of_two_steps_that_wait_for_it(lane: Lane) -> None:
    use(lane, "\n  - {name: one, wait: {event: paid}}\n  - {name: two, wait: {event: paid}}")
    tell(lane, "paid", n=1)
    assert lane.steps() == {"one": "done", "two": "waiting"}
    tell(lane, "paid", n=2)
    assert (output(lane, "two"), lane.run().status) == ({"n": 2}, "done")


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


def test_large_data_is_refused(lane: Lane) -> None:
    run = use(lane, PAID % "")
    with pytest.raises(TooLarge, match="64 kB"):
        send_event(run.pk, name="payment.received", data={"x": "y" * 70_000}, actor=KEY)
