"""What the edge adds to a worker's clock."""

from audit.worker import beat
from portal import periodic
from portal.notices import new_items
from workflows.engine.handlers import stalls

EVERY = 30.0  # seconds


def start_beat() -> None:
    """Tick in this worker."""
    beat.start_ticking(beat.Chore(begin_chores, EVERY))


def begin_chores() -> None:
    """Owe what comes back: reports, seals of the record, looks for stalled runs and for news."""
    periodic.begin_periodic()
    stalls.begin_stall_checks()
    new_items.begin_item_checks()
