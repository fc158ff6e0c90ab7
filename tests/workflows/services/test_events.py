"""Events of a client's systems: which wake a step, which are kept, which are refused."""

import pytest

from tenants.actors import Actor
from tenants.errors import Conflict, Forbidden, NotFound, TooLarge
from tenants.ids import uuid7
from tenants.roles import Capability
from tests.lanes import Lane
from tests.workflows.waiting_kit import FROM, KEY, PAID, output, tell, use
from workflows.models import Arrival
from workflows.services.events import MOST_KEPT, send_event


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


def test_large_data_is_refused(lane: Lane) -> None:
    run = use(lane, PAID % "")
    with pytest.raises(TooLarge, match="64 kB"):
        send_event(run.pk, name="payment.received", data={"x": "y" * 70_000}, actor=KEY)
