"""Kinds of notices: one module each, found by its name.

Each has ``write(notice) -> Letter``, which raises ``NotWanted`` where the notice has become
needless, and ``SENT``, the verb of the event that records its sending in the client's record;
None where that is none of the client's business.
"""

import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from audit.verbs import Verb
from portal.notices.models import Notice


class NotWanted(Exception):
    """Notice that must not be sent any more; the message says why."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Text of a notice. ``sender`` is the name shown with the From address.

    Chat and push show ``brief`` and ``link``. An ``is_urgent`` notice goes by push.
    """

    subject: str
    text: str
    html: str
    sender: str
    brief: str = ""
    link: str = ""
    is_urgent: bool = False


class NoticeKind(Protocol):
    """Kind of notice, as a module of this folder implements it."""

    SENT: Verb | None

    def write(self, notice: Notice) -> Letter:
        """Write the notice from the present state of its object. Raises NotWanted if needless."""


@cache
def notice_kinds() -> dict[str, NoticeKind]:
    """Return every kind by its module's name."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return {name: cast(NoticeKind, import_module(f"{__name__}.{name}")) for name in names}
