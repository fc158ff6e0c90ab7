"""Kinds of mail: one module each, found by its name.

Each has ``write(notice) -> Letter``, which raises ``NotWanted`` where the mail has
lost its point, and ``SENT``, the verb of the event that says it was sent.
"""

import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from audit.verbs import Verb
from portal.notices.models import Notice


class NotWanted(Exception):
    """The mail must not be sent any more; the message says why."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice as it goes out. ``sender`` is the name shown with our address.

    ``brief`` and ``link`` are what chat and a phone show. ``is_urgent``: at once, on a phone.
    """

    subject: str
    text: str
    html: str
    sender: str
    brief: str = ""
    link: str = ""
    is_urgent: bool = False


class NoticeKind(Protocol):
    """What a module of this folder offers."""

    SENT: Verb

    def write(self, notice: Notice) -> Letter:
        """Write the mail from what the notice is about, as it is now."""


@cache
def notice_kinds() -> dict[str, NoticeKind]:
    """Every kind by its module's name."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return {name: cast(NoticeKind, import_module(f"{__name__}.{name}")) for name in names}
