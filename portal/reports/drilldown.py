"""Drill-down of a report: the objects behind one number, by the ids frozen with the report."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from approvals.models import Proposal, ReviewItem
from approvals.policies.contributions import AGREED, Contribution, contributions_of
from approvals.rules.reasons import REASONS
from portal.links import Links
from portal.reports.buckets import Bucket
from portal.reports.models import Report
from portal.reports.selectors import costs_by_run
from portal.reports.words import cost_said
from tenants.models import Source
from workflows.models import Call, Run, Version

PAGE = 50


@dataclass(frozen=True, slots=True)
class CountedLine:
    """One object that a number counted."""

    id: str
    title: str
    said: str
    url: str
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """One page of a bucket's objects; ``newer`` and ``older`` are first ids of the next pages."""

    title: str
    count: int
    lines: list[CountedLine]
    newer: str | None
    older: str | None


def opened(
    report: Report, bucket: str, links: Links, zone: ZoneInfo, start: str = ""
) -> Opened | None:
    """Return the page of a bucket that begins with the id ``start``; None for an unknown bucket."""
    if bucket not in report.items:
        return None
    # Version 7 ids begin with the time, so the newest comes first.
    ids = sorted(report.items[bucket], reverse=True)
    first = ids.index(start) if start in ids else 0
    here = ids[first : first + PAGE]
    found = _found(bucket, [UUID(text) for text in here], links, zone)
    return Opened(
        title=_title(report, bucket),
        count=len(ids),
        lines=[found[text] for text in here if text in found],
        newer=ids[max(0, first - PAGE)] if first else None,
        older=ids[first + PAGE] if len(ids) > first + PAGE else None,
    )


def _title(report: Report, bucket: str) -> str:
    group, _, rest = bucket.partition("-")
    if group == "stepped":
        for line in report.numbers["stepped_in"]["lines"]:
            if line["bucket"] == bucket:
                return str(line["title"])
    if group == "rejected" and rest:
        return f"Rejected: {REASONS.get(rest, rest).lower()}"
    if group == "before":
        return f"{Bucket(rest).heading} the week before"
    return Bucket(group if group in set(Bucket) else Bucket.DECIDED).heading


def _found(bucket: str, ids: list[UUID], links: Links, zone: ZoneInfo) -> dict[str, CountedLine]:
    if bucket == "cost":
        lines = _runs(ids, links)
    elif bucket == "changes":
        lines = _versions(ids, links)
    else:
        lines = _items(ids, links, zone)
        missing = [pk for pk in ids if str(pk) not in {line.id for line in lines}]
        lines += _undone(missing, links) + _sources(missing, links) if missing else []
    return {line.id: line for line in lines}


def _items(ids: list[UUID], links: Links, zone: ZoneInfo) -> list[CountedLine]:
    items = list(ReviewItem.objects.filter(pk__in=ids).select_related("decided_by"))
    contributions = contributions_of(items)
    return [
        CountedLine(
            str(item.pk),
            item.title,
            _decided(item, contributions.get(item.pk, [])),
            links.page("item", str(item.pk)),
            _moment(item, zone),
        )
        for item in items
    ]


def _decided(item: ReviewItem, contributions: list[Contribution]) -> str:
    """Describe how an item ended and each contribution to it, the deciding sign-off left out."""
    if item.status != "decided":
        return f"{item.workflow_name} · {item.get_status_display()}"
    reason = f", {REASONS[item.reason_code].lower()}" if item.reason_code in REASONS else ""
    said = f"{item.get_choice_display()}{reason}"
    last = f"{item.decided_by} {AGREED}"
    parts = [one.sentence() for one in contributions if one.sentence() != last]
    return ". ".join([f"{item.workflow_name} · {said} by {item.decided_by}", *dict.fromkeys(parts)])


def _moment(item: ReviewItem, zone: ZoneInfo) -> str:
    return f"{(item.decided_at or item.due_at).astimezone(zone):%a %-d %b %H:%M}"


def _undone(ids: list[UUID], links: Links) -> list[CountedLine]:
    acts = Proposal.objects.filter(pk__in=ids).select_related("item", "tool")
    return [
        CountedLine(
            str(act.pk),
            act.item.title,
            f"{act.tool.title} undone",
            links.page("item", str(act.item_id)),
        )
        for act in acts
    ]


def _sources(ids: list[UUID], links: Links) -> list[CountedLine]:
    sources = Source.objects.filter(pk__in=ids).select_related("owner")
    return [
        CountedLine(
            str(source.pk),
            source.title,
            f"Vouched for by {source.owner}",
            links.page("source", source.name),
        )
        for source in sources
    ]


def _versions(ids: list[UUID], links: Links) -> list[CountedLine]:
    versions = Version.objects.filter(pk__in=ids).select_related("workflow")
    return [
        CountedLine(
            str(version.pk),
            f"{version.workflow.title}, version {version.number}",
            version.note,
            links.page("workflow", version.workflow.slug),
        )
        for version in versions
    ]


def _runs(ids: list[UUID], links: Links) -> list[CountedLine]:
    calls = Call.objects.filter(run_id__in=ids)
    cost = costs_by_run(calls)
    runs = Run.objects.filter(pk__in=ids).select_related("workflow")
    return [
        CountedLine(
            str(run.pk),
            f"{run.workflow.title}, asked by {run.asked_by}",
            str(run),
            links.page("run", str(run.pk)),
            cost_said(cost[run.pk]),
        )
        for run in runs
    ]
