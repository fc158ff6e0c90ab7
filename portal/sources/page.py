"""Template context of the source map's pages."""

from dataclasses import dataclass, field
from typing import Any

from portal import labels
from portal.labels import Freshness
from portal.workflows import page as workflow_page
from tenants import clock
from tenants.models import Record, Source
from workflows import selectors
from workflows.models import Workflow

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A source with its freshness and the workflows that read it."""

    source: Source
    freshness: Freshness
    authority: str
    used_by: list[Workflow] = field(default_factory=list)

    @property
    def piece_name(self) -> str:
        """The noun for the newest revision's pieces, such as "record" or "passages"."""
        name = "record" if self.source.kind == "records" else "passage"
        return name if self.source.revision and self.source.revision.pieces == 1 else f"{name}s"


def entries(sources: list[Source]) -> list[SourceEntry]:
    """Return sources as the map shows them, with one query for the workflows of all."""
    users = _users()
    return [_entry(source, users.get(source.name, [])) for source in sources]


def entry(source: Source) -> SourceEntry:
    """Return one source as its page shows it."""
    return _entry(source, _users().get(source.name, []))


def _entry(source: Source, used_by: list[Workflow]) -> SourceEntry:
    fresh = labels.freshness(
        source.verified_at if source.revision_id else None, source.max_age_days, clock.now()
    )
    return SourceEntry(source, fresh, labels.AUTHORITY.get(source.authority, "not said"), used_by)


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
