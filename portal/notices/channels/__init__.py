"""Channels of notices (mail, chat, push): one module each, found by its name.

Each has ``address(notice) -> object | None``, called inside a transaction, None where the
person does not have the channel; and ``deliver(letter, address, notice_id) -> Delivery``, which
makes the call and does not raise for a failure of the other side.
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
    """Channel, as a module of this folder implements it."""

    def address(self, notice: Notice) -> Any:
        """Return the notice's address on the channel, None where the person has none."""

    def deliver(self, letter: Letter, address: Any, notice_id: UUID) -> Delivery:
        """Deliver the notice and return the result."""


@cache
def channels() -> dict[str, Channel]:
    """Return every channel by its module's name."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return {name: cast(Channel, import_module(f"{__name__}.{name}")) for name in names}


def channel_for(notice: Notice, letter: Letter) -> tuple[str, Any]:
    """Return the channel of a notice and its address: push if urgent, else the person's choice.

    A notice that was refused goes by mail, and so do those of a person whose chat failed.
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
