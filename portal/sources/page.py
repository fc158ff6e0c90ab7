"""Template context of the source map's pages."""

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from portal import labels
from portal.labels import Freshness
from portal.review.item.text_diff import Word, changed_words
from portal.workflows import page as workflow_page
from tenants import access, clock
from tenants.actors import Actor
from tenants.models import Record, Source, SourceReading
from tenants.roles import Capability
from tenants.sources.revision_changes import RevisionChange
from workflows import selectors
from workflows.models import Workflow
from workflows.sources import reading

NOTHING = "–"
MOST_CELLS = 50  # fields of a record that are compared


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A source with its freshness, the workflows that read it, and its file that is being read."""

    source: Source
    freshness: Freshness
    authority: str
    used_by: list[Workflow] = field(default_factory=list)
    reading: SourceReading | None = None

    @property
    def piece_name(self) -> str:
        """The noun for the newest revision's pieces, such as "record" or "passages"."""
        name = "record" if self.source.kind == "records" else "passage"
        return name if self.source.revision and self.source.revision.pieces == 1 else f"{name}s"


def entries(sources: list[Source]) -> list[SourceEntry]:
    """Return sources as the map shows them, with two queries for all of them."""
    users, found = _users(), reading.readings_of(sources)
    return [_entry(one, users.get(one.name, []), found.get(one.pk)) for one in sources]


def entry(source: Source) -> SourceEntry:
    """Return one source as its page shows it."""
    return entries([source])[0]


def _entry(source: Source, used_by: list[Workflow], unread: SourceReading | None) -> SourceEntry:
    fresh = labels.freshness(
        source.verified_at if source.revision_id else None, source.max_age_days, clock.now()
    )
    if fresh.state in ("fresh", "due") and source.is_stale:
        fresh = Freshness("stale", 0, f"{source.unused_because}, so it is not used")
    authority = labels.AUTHORITY.get(source.authority, "not said")
    return SourceEntry(source, fresh, authority, used_by, unread)


def _users() -> dict[str, list[Workflow]]:
    """Return the workflows that may read each source, by its name, from their live versions."""
    found: dict[str, list[Workflow]] = {}
    for workflow in selectors.published_workflows():
        definition = workflow_page.definition_of(workflow.live)
        for name in definition.head.sources if definition else ():
            found.setdefault(name, []).append(workflow)
    return found


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change of a revision as its page shows it.

    ``words`` are those of a passage; ``cells`` the fields of a record that differ, each with its
    value before and after. ``link`` is the page of the newer piece, or of the one that is gone.
    """

    name: str
    what: str
    link: str
    words: list[Word] = field(default_factory=list)
    cells: list[tuple[str, str, str]] = field(default_factory=list)


def change_shown(change: RevisionChange) -> ShownChange:
    """Return a change with its words or fields compared."""
    piece = change.after or change.before
    what = "changed" if change.before and change.after else "added" if change.after else "removed"
    route = "record_piece" if isinstance(piece, Record) else "passage"
    link = reverse(route, args=[piece.pk])
    if isinstance(piece, Record):
        old, new = (dict(cells(one.data)) if one else {} for one in (change.before, change.after))
        names = dict.fromkeys([*old, *new])
        rows = [(n, old.get(n, NOTHING), new.get(n, NOTHING)) for n in names]
        differ = [row for row in rows if row[1] != row[2]]
        return ShownChange(change.name, what, link, cells=differ[:MOST_CELLS])
    texts = [one.text if one else "" for one in (change.before, change.after)]
    return ShownChange(change.name, what, link, words=changed_words(*texts))


def may_verify(source: Source, actor: Actor) -> bool:
    """Return whether a person may say that a source is still true."""
    return actor.id == source.owner_id or access.may(actor, Capability.MANAGE_SOURCES)


def record_parts(row: Record) -> tuple[Record, list[tuple[str, str]], str]:
    """Return a record, its fields as text, and a line of up to four of their values."""
    found = cells(row.data)
    first = [value for _, value in found if value not in (row.key, NOTHING)][:4]
    return row, found, " · ".join(value[:40] for value in first)


def cells(data: Any) -> list[tuple[str, str]]:
    """Return a record's fields as pairs of name and text."""
    if not isinstance(data, dict):
        return [("value", str(data))]
    return [(str(name).replace("_", " "), _cell(value)) for name, value in data.items()]


def _cell(value: Any) -> str:
    match value:
        case None | "":
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{name}: {_cell(v)}" for name, v in value.items())
        case list():
            return "; ".join(map(_cell, value))
    return str(value)
