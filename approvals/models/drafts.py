"""The drafts of review items, read from their JSON into objects.

``ReviewItem.draft`` keeps the JSON, because the content hash is made of it. Exceptions have a draft
of their own, ``workflows.exceptions.draft.ExceptionDraft``.
"""

from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TextDraft:
    """The text of an item, or the route of a recommendation.

    ``step`` wrote the text, ``number`` is its place in the step's list. ``text`` is None where the
    item has no text. ``spans`` are the sentences with the sources they cite.
    """

    step: str = ""
    text: str | None = None
    number: int | None = None
    spans: list[dict[str, Any]] = field(default_factory=list)
    route_to: str = ""
    route_why: str = ""

    @classmethod
    def read(cls, draft: dict[str, Any]) -> Self:
        """Return the draft of an item that is no exception and no undo."""
        text = draft.get("text")
        return cls(
            step=draft.get("step") or "",
            text=None if text is None else str(text),
            number=draft.get("item"),
            spans=draft.get("spans") or [],
            route_to=str(draft.get("to") or ""),
            route_why=str(draft.get("why") or "").strip(),
        )

    @property
    def words(self) -> str:
        """The text; empty where there is none."""
        return self.text or ""

    @property
    def key(self) -> tuple[str, int | None]:
        """What tells the text from others of its run: its step and its place in a list."""
        return self.step, self.number

    def is_same_text(self, other: "TextDraft") -> bool:
        """Whether both are the text of one step and place, in two attempts."""
        return bool(self.step) and self.key == other.key


@dataclass(frozen=True, slots=True)
class UndoDraft:
    """The draft of an undo: the item to undo, and the version of each tool as it was asked for."""

    item_id: UUID
    versions: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, draft: dict[str, Any]) -> Self:
        """Return the draft of an item of kind "undo"."""
        return cls(UUID(draft["undoes"]), draft.get("versions", {}))

    def as_json(self) -> dict[str, Any]:
        """Return the draft as ``ReviewItem.draft`` keeps it."""
        return {"undoes": str(self.item_id), "versions": self.versions}
