"""Row of the table of causes: the responsible party, and the words that people read. Pure."""

from dataclasses import dataclass

from workflows.exceptions.causes import CausePage, Responsible


@dataclass(frozen=True, slots=True)
class Words:
    """Words that people read about a cause.

    ``short`` is for a row of the queue and a mail's subject. ``happened`` and ``mend`` are for the
    provider's staff, with a link to ``page``. ``means`` and ``meanwhile`` are for the client's
    people. ``tells``: the problem's own sentence is plain enough for the client, and shown too.
    """

    responsible: Responsible
    short: str
    happened: str
    mend: str
    page: CausePage
    means: str
    meanwhile: str
    tells: bool = False


WAIT = "You need not do anything. If it is urgent, do this one yourself and close it here."
ELSEWHERE = "You need not do anything. Other requests may meet the same until it is mended."
KEEPS = "This run keeps its own version: give its step a value, or have it handled by hand."
