"""Periodic chores that this app adds to a worker's clock thread."""

from audit.worker import beat
from portal import periodic
from portal.notices import new_items
from workflows.engine.handlers import stalls
from workflows.routing.tries import runner

EVERY = 30.0  # seconds


def start_beat() -> None:
    """Start the clock thread of this worker, with the chores of this app."""
    beat.start_ticking(
        beat.Chore(begin_chores, EVERY), beat.Chore(runner.begin_tries, runner.EVERY)
    )


def begin_chores() -> None:
    """Enqueue the missing periodic jobs: reports, record seals, stall checks, new-item checks."""
    periodic.begin_periodic()
    stalls.begin_stall_checks()
    new_items.begin_item_checks()
