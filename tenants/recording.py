"""How acts of this lowest app reach the record, which lies above it.

``audit`` sets the recorder when it is ready. Telling without one raises: an act
must not pass unrecorded.
"""

from typing import Any, Protocol

from django.db import models

from tenants.actors import Actor


class Recorder(Protocol):
    """The shape of ``audit.services.record``."""

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


def use(recorder: Recorder) -> None:
    """Set who writes the record."""
    _recorder[:] = [recorder]


def tell(
    verb: str,
    obj: models.Model,
    *,
    actor: Actor,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Record one act. ``verb`` is a value of ``audit.verbs.Verb``."""
    if not _recorder:
        raise RuntimeError("Nothing records: the audit app is not installed.")
    _recorder[0](verb, obj, actor=actor, before=before, after=after, reason=reason)
