"""What the edge adds to a worker's clock."""

from audit import ticking
from portal.reports import calendar
from workflows.engine import stalls

EVERY = 30.0  # seconds


def start() -> None:
    """Tick in this worker."""
    ticking.start(ticking.Chore(owe_due, EVERY))


def owe_due() -> None:
    """Owe what comes back: weekly reports, seals of the record, looks for stalled runs."""
    calendar.owe_due()
    stalls.owe_due()
