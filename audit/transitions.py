"""The one door through which the state of anything moves.

A machine is pure data: which status may follow which. ``move`` is the only
code that writes a ``status``; it is a guarded update, so of two movers one wins,
and it writes the event. A test forbids other assignments.
"""

from dataclasses import dataclass
from typing import Any

from audit.services.record import record
from audit.verbs import Verb
from tenants.actors import Actor
from tenants.db import unit_of_work
from tenants.errors import Conflict


@dataclass(frozen=True)
class Machine:
    """Which status may follow which."""

    name: str
    follows: dict[str, frozenset[str]]

    @property
    def statuses(self) -> list[str]:
        """Every status, in the order they were written down."""
        return list(self.follows)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """For a model field."""
        return [(status, status.replace("_", " ")) for status in self.follows]

    def final(self) -> list[str]:
        """Statuses that nothing follows."""
        return [status for status, after in self.follows.items() if not after]

    def check(self, now: str, to: str) -> None:
        """Raise Conflict unless ``to`` may follow ``now``."""
        if to not in self.follows[now]:
            raise Conflict(
                f"This {self.name} is {now.replace('_', ' ')}, so it can't become "
                f"{to.replace('_', ' ')}. Look at it again.",
                code="wrong_state",
                state=now,
            )


def machine(name: str, **follows: str) -> Machine:
    """A machine from words: ``machine("run", queued="running cancelled", ...)``."""
    return Machine(name, {status: frozenset(after.split()) for status, after in follows.items()})


def move(
    obj: Any,
    to: str,
    *,
    actor: Actor,
    verb: Verb | None = None,
    reason: str = "",
    only_if: dict[str, Any] | None = None,
    **fields: Any,
) -> None:
    """Move ``obj`` on, write ``fields`` with it, and record ``verb``.

    Raises Conflict where the machine forbids it. Where somebody else moved it first, or
    ``only_if`` (attributes and their values) no longer holds, ``writing.send`` raises
    Conflict, at the end of the scope at the latest, and nothing of the scope is written.
    """
    before = obj.status
    obj.MACHINE.check(before, to)
    unit_of_work.update(
        obj,
        {"status": to, **fields},
        guard={"status": before, **(only_if or {})},
        lost=lambda: Conflict(
            f"This {obj.MACHINE.name} changed while you looked. Look at it again.",
            code="changed",
        ),
    )
    if verb is not None:
        record(
            verb,
            obj,
            actor=actor,
            before={"status": before},
            after={"status": to},
            reason=reason,
        )
