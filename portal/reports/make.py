"""Weekly reports are made here: a week is counted once, and the numbers are then frozen."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from approvals.rules.reasons import REASONS
from audit.selectors import last_seal
from audit.services import record
from audit.services.seals import seal
from audit.verbs import Verb
from portal.reports import open_decisions, selectors, words
from portal.reports.counts import Decided, Tally, Undone, edits, top_reason, week_tally
from portal.reports.interventions import intervention_groups
from portal.reports.models import Report
from portal.reports.week import Week
from tenants import clock
from tenants.actors import SYSTEM
from tenants.errors import Conflict
from tenants.models import Provider, Tenant
from tenants.scope import current_tenant_id
from workflows.costs import Cost

WEEKS = 8
GROUPS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of one week, their tally, and ``items``: the ids behind every number of the report."""

    week: Week
    rows: list[Decided]
    undone: list[Undone]
    tally: Tally
    items: dict[str, list[str]]


def make_report(monday: date) -> Report:
    """Make the report of the week that begins on ``monday``, in the scope of its tenant.

    An existing report is returned unchanged. Raises ValueError for a day that is not a
    Monday, and Conflict for a week that is not over.
    """
    tenant = Tenant.objects.get(pk=current_tenant_id())
    week = Week(monday, ZoneInfo(tenant.timezone))
    if clock.now() < week.end:
        raise Conflict(f"The week of {week} is not over yet.", code="week_not_over")
    known = selectors.report(monday)
    if known is not None:
        return known
    # Sealed first, so that the report's seal covers the week's events.
    seal()
    report = _report(tenant, week)
    try:
        # A savepoint, as an IntegrityError would abort the tenant's transaction.
        with transaction.atomic():
            Report.objects.bulk_create([report])
    except IntegrityError:
        # Another worker made the report meanwhile: the unique constraint kept theirs.
        return Report.objects.get(week=monday)
    record(Verb.REPORT_MADE, report, actor=SYSTEM, after=report.numbers["counts"])
    return report


def _report(tenant: Tenant, week: Week) -> Report:
    moment = clock.now()
    rows, undone = selectors.decided_in(week), selectors.undone_in(week)
    found = week_tally(rows, undone, selectors.expired_in(week))
    counted = Counted(week, rows, undone, found, dict(found.buckets))
    needed = open_decisions.decisions(moment, week.zone)
    changed = open_decisions.published_versions(week.start, moment)
    counted.items.update({"decisions": needed.ids, "changes": changed.ids})
    counts = found.counts()
    numbers = {
        "tenant": tenant.name,
        "provider": Provider.objects.get().name,
        "week": str(week),
        "zone": tenant.timezone,
        "counts": counts,
        "headline": words.headline(counts["decided"], counts["accepted"], len(needed.ids)),
        "weeks": _weeks(counted, tenant.made_at),
        "cards": _cards(counted),
        "expired": counts["expired"],
        "stepped_in": _stepped_in(counted),
        "changes": {"lines": changed.lines, "more": changed.more},
        "decisions": {"lines": needed.lines, "more": needed.more},
        "cost": _cost(counted),
        "seal": _seal(),
    }
    return Report(week=week.monday, numbers=numbers, items=counted.items, made_at=moment)


def _cards(counted: Counted) -> list[dict[str, Any]]:
    """Return the report's four cards, each with its count, a note and a link to its items."""
    counts, before = counted.tally.counts(), _before(counted)
    there = before["counts"]
    size, compared = words.share_note(counts, there)
    top = top_reason(counted.rows)
    reason = f"{top[1]} {REASONS[top[0]].lower()}" if top else ""
    change = words.change_note(counts["stepped_in"], there["stepped_in"])
    return [
        _card(counted, "accepted", size, link=(compared, before["week"], before["decided"])),
        _card(counted, "corrected", edits(counted.rows)),
        _card(
            counted,
            "rejected",
            link=(reason, counted.week.monday.isoformat(), f"rejected-{top[0] if top else ''}"),
        ),
        _card(counted, "stepped_in", link=(change, before["week"], before["stepped_in"])),
    ]


def _card(
    counted: Counted, bucket: str, note: str = "", *, link: tuple[str, str, str] = ("", "", "")
) -> dict[str, Any]:
    said, week, opens = link
    return {
        "bucket": bucket,
        "count": counted.tally.count(bucket),
        "note": note,
        "link": {"said": said, "week": week, "bucket": opens} if said else None,
    }


def _before(counted: Counted) -> dict[str, Any]:
    """Return the counts of the week before, from its frozen report or else from the rows now."""
    week = counted.week.later(-1)
    frozen = selectors.frozen_counts(counted.week, 1).get(week.monday)
    if frozen is not None:
        names = {name: name for name in ("decided", "stepped_in")}
        return {"counts": frozen, "week": week.monday.isoformat(), **names}
    now = selectors.tally_of(week)
    names = {name: f"before-{name}" for name in ("decided", "stepped_in")}
    counted.items.update({key: now.buckets[name] for name, key in names.items()})
    return {"counts": now.counts(), "week": counted.week.monday.isoformat(), **names}


def _weeks(counted: Counted, since: datetime) -> list[dict[str, Any]]:
    """Return the bars of up to eight weeks, from the first week with any decision to this one.

    Frozen reports are used where they exist; other weeks are counted from the rows now.
    """
    last = counted.week
    frozen = selectors.frozen_counts(last, WEEKS - 1)
    former = [last.later(-n) for n in range(WEEKS - 1, 0, -1)]
    missing = [week for week in former if week.monday not in frozen and week.end > since]
    live = selectors.decided_by_week(missing[0], missing[-1]) if missing else {}
    bars = []
    for week in former:
        if week.monday in frozen:
            bars.append(_bar(week, frozen[week.monday], week, "decided"))
        elif ids := live.get(week.monday):
            key = f"week-{week.monday}"
            counted.items[key] = [item for outcome in ids.values() for item in outcome]
            counts = {outcome: len(found) for outcome, found in ids.items()}
            bars.append(_bar(week, counts | {"decided": len(counted.items[key])}, last, key))
        elif bars:
            bars.append(_bar(week, {}, last, ""))
    return [*bars, _bar(last, counted.tally.counts(), last, "decided")]


def _bar(week: Week, counts: dict[str, int], opens: Week, bucket: str) -> dict[str, Any]:
    names = ("accepted", "corrected", "rejected", "taken_over", "decided")
    return {
        "label": f"{week.monday:%-d %b}",
        **{name: counts.get(name, 0) for name in names},
        "week": opens.monday.isoformat(),
        "bucket": bucket,
    }


def _stepped_in(counted: Counted) -> dict[str, Any]:
    found = intervention_groups(counted.rows, counted.undone)
    lines = []
    for n, group in enumerate(found[:GROUPS_SHOWN], 1):
        counted.items[f"stepped-{n}"] = group.ids
        times = words.times(len(group.ids))
        lines.append(
            {
                "bucket": f"stepped-{n}",
                "title": group.title,
                "said": group.said,
                "aside": times,
                "count": len(group.ids),
            }
        )
    more = sum(len(group.ids) for group in found[GROUPS_SHOWN:])
    return {"lines": lines, "more": more}


def _cost(counted: Counted) -> dict[str, Any]:
    runs = selectors.cost_in(counted.week)
    counted.items["cost"] = [str(run_id) for run_id in runs]
    cost = sum(runs.values(), Cost())
    return {
        "micros": cost.micros,
        "unknown": cost.unknown,
        "said": words.cost_said(cost),
        "runs": len(runs),
    }


def _seal() -> dict[str, Any] | None:
    """Return the newest seal. A reader who keeps the report can prove the record unchanged."""
    last = last_seal()
    if last is None:
        return None
    said = words.short_fingerprint(last.sha256)
    return {"number": last.number, "sha256": last.sha256, "said": said}
