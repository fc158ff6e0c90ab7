"""Template context of the source map's pages."""

from dataclasses import dataclass, field
from typing import Any

from portal import labels
from portal.labels import Freshness
from portal.workflows import page as workflow_page
from tenants import clock
from tenants.models import Record, Source, SourceReading
from workflows import selectors
from workflows.models import Workflow
from workflows.sources import reading

NOTHING = "–"


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
