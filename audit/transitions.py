"""Status changes of every model go through ``move``, which checks them against a Machine.

A machine is pure data: which status may follow which. ``move`` is the only code that writes a
``status``. Its UPDATE is guarded by the former status, so of two concurrent moves one wins, and it
records the event. A test forbids other assignments to ``status``.
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
    """A state machine: the allowed next statuses of each status."""

    name: str
    follows: dict[str, frozenset[str]]

    @property
    def statuses(self) -> list[str]:
        """All statuses, in the order of their definition."""
        return list(self.follows)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The ``choices`` of a model field."""
        return [(status, status.replace("_", " ")) for status in self.follows]

    def final(self) -> list[str]:
        """Return the statuses that no other may follow."""
        return [status for status, after in self.follows.items() if not after]

    def check(self, now: str, to: str) -> None:
        """Raise Conflict (``wrong_state``) unless status ``to`` may follow status ``now``."""
        if to not in self.follows[now]:
            raise Conflict(
                f"This {self.name} is {now.replace('_', ' ')}, so it can't become "
                f"{to.replace('_', ' ')}. Look at it again.",
                code="wrong_state",
                state=now,
            )


def machine(name: str, **follows: str) -> Machine:
    """Return a Machine from words: ``machine("run", queued="running cancelled", ...)``."""
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
    """Move ``obj`` to status ``to``, update ``fields`` with it, and record ``verb``.

    Raises Conflict (``wrong_state``) where the machine forbids the move. Where another transaction
    moved ``obj`` first, or ``only_if`` (attributes and their values) no longer holds, Conflict
    (``changed``) is raised when the kept update is sent (``unit_of_work.send_kept``), at the end of
    the scope at the latest, and nothing of the scope is written.
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
