"""The draft of an exception: what went wrong, whose it is, and the ways out. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Self
from uuid import UUID

from workflows.exceptions.causes import Cause
from workflows.exceptions.ways_out import WayOut

# The step of an exception of the whole run.
RUN = "run"
# It ends the step in drafts about an undo that are older than ``about_undo``. Their hash is of the
# draft as people saw it, so it stays; the mark can go from here once no such exception waits.
OLD_UNDO_MARK = "~"
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ExceptionDraft:
    """The draft of a review item of kind "exception".

    ``cause`` is None in drafts older than the causes. ``field`` was missing or does not fit.
    ``item_id`` and ``proposal_id`` are the actions it is about, ``child`` is the child run that
    failed. ``about_undo`` says that an undo of the step stopped, and not the step. ``asked`` has
    the call that waits for answers, and the questions of its server, whose words are foreign.
    ``handed_by`` handed it to its ``owner``, with a ``note``.
    """

    problem: str
    cause: Cause | None
    step: str
    ways_out: tuple[WayOut, ...] = ()
    owner: str = ""
    owner_id: str = ""
    field: str = ""
    item_id: UUID | None = None
    proposal_id: UUID | None = None
    child: UUID | None = None
    about_undo: bool = False
    asked: Mapping[str, Any] = NOTHING
    handed_by: str = ""
    note: str = ""

    @classmethod
    def read(cls, draft: Mapping[str, Any]) -> Self:
        """Return the draft from the JSON that ``ReviewItem.draft`` keeps."""
        cause, step = str(draft.get("cause", "")), str(draft.get("step", ""))
        return cls(
            problem=str(draft.get("problem", "")),
            cause=Cause(cause) if cause in Cause else None,
            step=step.removesuffix(OLD_UNDO_MARK),
            ways_out=tuple(WayOut(code) for code in draft.get("options", ())),
            owner=str(draft.get("owner", "")),
            owner_id=str(draft.get("owner_id", "")),
            field=str(draft.get("field", "")),
            item_id=_id(draft, "item"),
            proposal_id=_id(draft, "proposal"),
            child=_id(draft, "child"),
            about_undo=bool(draft.get("undo")) or step.endswith(OLD_UNDO_MARK),
            asked=dict(draft.get("asked", {})),
            handed_by=str(draft.get("handed_by", "")),
            note=str(draft.get("note", "")),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the draft as ``ReviewItem.draft`` keeps it, without what is empty."""
        ids = {"item": self.item_id, "proposal": self.proposal_id, "child": self.child}
        texts = {"field": self.field, "handed_by": self.handed_by, "note": self.note}
        return {
            "problem": self.problem,
            "cause": self.cause.value if self.cause else "",
            "step": self.step,
            "options": [way.value for way in self.ways_out],
            "owner": self.owner,
            "owner_id": self.owner_id,
            **{name: str(value) for name, value in ids.items() if value},
            **{name: text for name, text in texts.items() if text},
            **({"undo": True} if self.about_undo else {}),
            **({"asked": dict(self.asked)} if self.asked else {}),
        }

    @property
    def is_handed(self) -> bool:
        """Whether a person handed it to another."""
        return bool(self.handed_by)

    def handed_to(self, owner: str, owner_id: str, *, by: str, note: str) -> Self:
        """Return the draft of the same exception for another owner."""
        return replace(self, owner=owner, owner_id=owner_id, handed_by=by, note=note)


def _id(draft: Mapping[str, Any], name: str) -> UUID | None:
    return UUID(draft[name]) if draft.get(name) else None
