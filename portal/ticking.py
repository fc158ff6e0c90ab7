"""What the edge adds to a worker's clock."""

from audit import ticking
from portal.notices import arriving
from portal.reports import calendar
from workflows.engine import stalls

EVERY = 30.0  # seconds


def start() -> None:
    """Tick in this worker."""
    ticking.start(ticking.Chore(owe_due, EVERY))


def owe_due() -> None:
    """Owe what comes back: reports, seals of the record, looks for stalled runs and for news."""
    calendar.owe_due()
    stalls.owe_due()
    arriving.owe_due()
