"""Ways a notice goes: one module each, found by its name.

Each has ``address(notice) -> object | None``, read inside a transaction, which is None where the
person has no such way; and ``deliver(letter, address, notice_id) -> Outcome``, which makes
the call and never raises for what the other side may do.
"""

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any, Protocol, cast
from uuid import UUID

from portal.notices.kinds import Letter
from portal.notices.models import Notice, NoticePreference
from portal.notices.smtp import Delivery


class Channel(Protocol):
    """What a module of this folder offers."""

    def address(self, notice: Notice) -> Any:
        """Where it goes; None where it can't go this way."""

    def deliver(self, letter: Letter, address: Any, notice_id: UUID) -> Delivery:
        """Hand it over."""


@cache
def channels() -> dict[str, Channel]:
    """Every channel by its module's name."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return {name: cast(Channel, import_module(f"{__name__}.{name}")) for name in names}


def channel_for(notice: Notice, letter: Letter) -> tuple[str, Any]:
    """The one way a notice goes, and where: urgent to a phone, else as the person chose.

    One that was refused on its way goes by mail, and so does all of a chat that does not work.
    """
    for name in _wanted(notice, letter):
        address = channels()[name].address(notice)
        if address is not None:
            return name, address
    return "mail", channels()["mail"].address(notice)


def _wanted(notice: Notice, letter: Letter) -> list[str]:
    if notice.person_id is None or notice.channel == "mail":
        return []
    found = ["push"] if letter.is_urgent else []
    chosen = NoticePreference.objects.filter(person_id=notice.person_id, via="chat")
    if notice.kind != "trial":
        chosen = chosen.filter(problem="")
    return [*found, "chat"] if chosen.exists() else found
