"""Sources that an item's draft rests on, as its page shows them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from approvals.models import ReviewItem, TextDraft
from portal.labels import AUTHORITY
from portal.links import route
from portal.templatetags.words import ago, moment


@dataclass(frozen=True, slots=True)
class ReadSource:
    """A piece of a source that was read, with its number and the address of the piece.

    ``stands`` says when it was read or verified; ``is_open``: nobody has confirmed it yet.
    """

    n: int
    title: str
    url: str
    heading: str
    owner: str
    authority: str
    stands: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class CitedSources:
    """The sources that the draft cites, and apart from them the others that were read."""

    cited: list[ReadSource]
    also_read: list[ReadSource]


def cited_sources(item: ReviewItem, draft: TextDraft) -> CitedSources:
    """Return the sources of an item; records count as cited. Without citations, all of them."""
    read = item.evidence.get("sources", [])
    cited = {n for span in draft.spans for n in span["sources"]}
    first = [s for s in read if s["n"] in cited or s["kind"] == "record"] if cited else read
    rest = [s for s in read if s not in first]
    return CitedSources(
        [read_source(one, item) for one in first], [read_source(one, item) for one in rest]
    )


def read_source(found: dict[str, Any], item: ReviewItem) -> ReadSource:
    """Return one piece of the item's evidence."""
    is_record = found["kind"] == "record"
    is_open = not is_record and found.get("is_confirmed") is False
    piece = found.get("piece")
    return ReadSource(
        n=found["n"],
        title=found["title"],
        url=route("record_piece" if is_record else "passage", UUID(piece)) if piece else "",
        heading=found.get("heading") or "",
        owner=found["owner"],
        authority=AUTHORITY.get(found.get("authority", 0), ""),
        stands=_stands(found, item, is_record=is_record, is_open=is_open),
        is_open=is_open,
    )


def _stands(found: dict[str, Any], item: ReviewItem, *, is_record: bool, is_open: bool) -> str:
    if is_record:
        return f"read {moment(item.opened_at)}"
    return f"{'uploaded' if is_open else 'verified'} {ago(found.get('verified_at'))}"
