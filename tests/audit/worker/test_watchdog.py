"""Work is late where rows are due for long and nobody has them."""

from datetime import timedelta

import pytest

from audit.models import Outbox
from audit.worker.leases import LEASE
from audit.worker.watchdog import LATE, Late, log_delay, measure_delay
from tenants import clock
from tests.audit.worker.jobs import claimed, owe
from tests.lanes import NOON
from tests.world import World


def test_lateness_is_told_in_a_sentence() -> None:
    with clock.at(NOON):
        assert Late(0, None).sentence() == ""
        assert Late(1, NOON - timedelta(seconds=75)).sentence() == (
            "1 thing is due and nobody does them, the oldest for 75 s: "
            "the workers are gone, deaf or too few."
        )
        assert (
            Late(2, NOON - timedelta(hours=1))
            .sentence()
            .startswith("2 things are due and nobody does them, the oldest for 3600 s:")
        )


@pytest.mark.usefixtures("recorder")
def test_late_is_what_is_due_for_long_and_free(world: World) -> None:
    first, now = owe(world.harbor), clock.now()
    clock.pass_time(LATE - timedelta(seconds=1))
    owe(world.quill)
    assert measure_delay() == Late(0, None)
    clock.pass_time(timedelta(seconds=1))
    assert measure_delay() == Late(1, now)
    claimed(first)
    assert measure_delay() == Late(0, None)


@pytest.mark.usefixtures("recorder")
def test_a_row_whose_worker_died_is_late_once_its_lease_is_over_for_long(world: World) -> None:
    due = clock.now()
    claimed(owe(world.harbor))
    clock.pass_time(LEASE + LATE - timedelta(seconds=1))
    assert measure_delay() == Late(0, None)
    clock.pass_time(timedelta(seconds=1))
    assert measure_delay() == Late(1, due)


@pytest.mark.usefixtures("recorder")
@pytest.mark.parametrize("changes", [{"parked_at": NOON}, {"waits_for": "via:openai"}])
def test_what_was_parked_or_waits_for_a_limit_is_not_late(
    world: World, changes: dict[str, object]
) -> None:
    row_id = owe(world.harbor)
    clock.pass_time(LATE)
    assert measure_delay().count == 1
    Outbox.objects.filter(pk=row_id).update(**changes)
    assert measure_delay() == Late(0, None)


@pytest.mark.usefixtures("recorder")
def test_lateness_is_logged_as_an_error(world: World, caplog: pytest.LogCaptureFixture) -> None:
    log_delay()
    assert caplog.records == []
    owe(world.harbor)
    clock.pass_time(LATE)
    assert log_delay().count == 1
    assert [(one.levelname, one.getMessage()[:12]) for one in caplog.records] == [
        ("ERROR", "work is late")
    ]
