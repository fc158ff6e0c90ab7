"""Lists for the report: open decisions of the client, and versions published in the week."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from portal.reports import selectors
from portal.reports.words import shortened
from tenants.models import Source

SHOWN = 8
FULL_DATE_AFTER = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line of a list; ``kind`` and ``key`` name the object that its link opens."""

    kind: str
    key: str
    title: str
    said: str
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """The first lines of a list, and the ids of all its objects."""

    lines: list[dict[str, Any]]
    ids: list[str]

    @property
    def more(self) -> int:
        """The number of objects without a line."""
        return len(self.ids) - len(self.lines)


def decisions(moment: datetime, zone: ZoneInfo) -> Listed:
    """Return the decisions the client should make, as of ``moment``.

    These are stale sources to confirm, items due within two days, and exceptions.
    """
    stale = selectors.stale_sources(moment)
    rows = list(
        chain(selectors.waiting_soon(moment), selectors.exceptions_waiting(moment)),
    )
    lines = [_source(source, moment, zone) for source in stale]
    lines += [_item(row, moment, zone) for row in rows[:SHOWN]]
    ids = [str(source.pk) for source in stale] + [str(row[0]) for row in rows]
    return Listed([asdict(line) for line in lines[:SHOWN]], ids)


def _source(source: Source, moment: datetime, zone: ZoneInfo) -> ReportLine:
    assert source.verified_at is not None
    assert source.stale_from is not None
    days = (moment - source.verified_at).days
    since = _since(source.stale_from, moment, zone)
    return ReportLine(
        "source",
        source.name,
        f"Confirm that “{source.title}” is still true",
        f"Not verified for {days} days; workflows stopped using it {since}.",
        f"by {source.owner.get_short_name()}",
    )


def _since(when: datetime, moment: datetime, zone: ZoneInfo) -> str:
    recent = moment - when < FULL_DATE_AFTER
    return f"on {when.astimezone(zone):{'%A' if recent else '%-d %B'}}"


def _item(row: tuple[Any, ...], moment: datetime, zone: ZoneInfo) -> ReportLine:
    item_id, kind, title, workflow, due_at = row
    due = due_at.astimezone(zone)
    aside = f"by {due:%a %H:%M}" if due_at - moment < FULL_DATE_AFTER else f"by {due:%-d %b}"
    if kind == "exception":
        said = f"{workflow} could not go on by itself: say how it should."
    else:
        said = f"{workflow}. Without a decision nothing is done."
    return ReportLine("item", str(item_id), shortened(title), said, aside)


def published_versions(start: datetime, moment: datetime) -> Listed:
    """Return the versions published from ``start`` up to ``moment``, the newest lines first."""
    versions = [v for v in selectors.published_since(start) if v.published_at <= moment]
    lines = [
        ReportLine(
            "workflow",
            version.workflow.slug,
            f"{version.workflow.title}, version {version.number}.",
            version.note or ("It begins." if version.number == 1 else "Published without a note."),
        )
        for version in reversed(versions[-SHOWN:])
    ]
    return Listed([asdict(line) for line in lines], [str(v.pk) for v in versions])
