"""Acts in this lowest app reach the record through a function that ``audit`` sets when it is ready.

``audit`` lies above this app, which may not import it. An act without a recorder raises, because it
must not go unrecorded.
"""

from typing import Any, Protocol

from django.db import models

from tenants.actors import Actor


class Recorder(Protocol):
    """The type of ``audit.services.record``."""

    def __call__(
        self,
        verb: Any,
        obj: models.Model,
        *,
        actor: Actor,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        reason: str = "",
    ) -> object: ...


_recorder: list[Recorder] = []


def set_recorder(recorder: Recorder) -> None:
    """Set the function that writes the record."""
    _recorder[:] = [recorder]


def record_act(
    verb: str,
    obj: models.Model,
    *,
    actor: Actor,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Record one act. ``verb`` is a value of ``audit.verbs.Verb``.

    Raises RuntimeError where no recorder is set.
    """
    if not _recorder:
        raise RuntimeError("Nothing records: the audit app is not installed.")
    _recorder[0](verb, obj, actor=actor, before=before, after=after, reason=reason)
