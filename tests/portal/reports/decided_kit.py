"""Decided items of a week, made without a database."""

from uuid import UUID, uuid4

from portal.reports.counts import Decided


def row(choice: str, *, kind: str = "draft", id: UUID | None = None, **more: object) -> Decided:
    given = {"reason": "", "title": "A", "workflow": "Refunds", "step": "s"} | more
    rest = {"words_changed": 0, "words": ""} | given
    return Decided(id=id or uuid4(), kind=kind, choice=choice, **rest)  # type: ignore[arg-type]
