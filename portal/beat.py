"""What the edge adds to a worker's clock."""

from audit.worker import beat
from portal import periodic
from portal.notices import new_items
from workflows.engine.handlers import stalls

EVERY = 30.0  # seconds


def start() -> None:
    """Tick in this worker."""
    beat.start(beat.Chore(owe_due, EVERY))


def owe_due() -> None:
    """Owe what comes back: reports, seals of the record, looks for stalled runs and for news."""
    periodic.owe_due()
    stalls.owe_due()
    new_items.owe_due()
