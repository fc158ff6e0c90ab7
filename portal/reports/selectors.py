"""Queries for reports: the rows that a week's report counts, and the reports made so far."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, Sum, When
from django.db.models.functions import TruncWeek

from approvals.models import Proposal, ReviewItem
from approvals.review.selectors import queue
from audit.models import Event
from audit.verbs import Verb
from portal.reports.counts import Decided, Tally, Undone, bucket_of, week_tally
from portal.reports.models import Report
from portal.reports.week import Week
from tenants.ids import first_id
from tenants.models import Source
from workflows.costs import Cost
from workflows.exceptions.draft import ExceptionDraft
from workflows.exceptions.selectors import for_client
from workflows.models import Call, Version

SOON = timedelta(hours=48)


def reports() -> QuerySet[Report]:
    """Return the tenant's reports, newest first, with ``items`` (the ids counted) deferred."""
    return Report.objects.defer("items").order_by("-week")


def report(week: date) -> Report | None:
    """Return the report of the week that begins on the Monday ``week``, if it was made."""
    return Report.objects.filter(week=week).first()


def frozen_counts(before: Week, weeks: int) -> dict[date, dict[str, int]]:
    """Return the counts of the reports of up to ``weeks`` weeks before a week, by Monday."""
    rows = Report.objects.filter(week__gte=before.later(-weeks).monday, week__lt=before.monday)
    return dict(rows.values_list("week", "numbers__counts"))


def decided_in(week: Week) -> list[Decided]:
    """Return the items people decided in a week, exceptions included, in order of decision."""
    items = ReviewItem.objects.filter(
        status="decided", decided_at__gte=week.start, decided_at__lt=week.end
    )
    items = items.exclude(kind="undo").order_by("decided_at", "id")
    rows = items.annotate(raised=Case(When(kind="exception", then="draft"))).values_list(
        "id",
        "kind",
        "choice",
        "reason_code",
        "title",
        "workflow_name",
        "step",
        "decisions__edit_distance",
        "decisions__words",
        "raised",
        named=True,
    )
    return [
        Decided(
            row.id,
            row.kind,
            row.choice,
            row.reason_code,
            row.title,
            row.workflow_name,
            row.step,
            row.decisions__edit_distance or 0,
            row.decisions__words or "",
            ExceptionDraft.read(row.raised or {}).about_undo,
        )
        for row in rows
    ]


def undone_in(week: Week) -> list[Undone]:
    """Return the executed actions that were undone in a week, each once."""
    # Version 7 ids begin with the time, so a range of ids is a range of time with an index.
    events = Event.objects.filter(
        verb=Verb.EFFECT_UNDONE, id__gte=first_id(week.start), id__lt=first_id(week.end)
    )
    why = dict(events.order_by("id").values_list("object_id", "reason"))
    if not why:
        return []
    acts = Proposal.objects.filter(pk__in=why).select_related("tool", "item").order_by("id")
    return [Undone(act.pk, act.tool.title, act.item.title, why[act.pk]) for act in acts]


def expired_in(week: Week) -> list[UUID]:
    """Return the ids of items that expired undecided in a week, exceptions left out."""
    rows = ReviewItem.objects.filter(
        status="expired", due_at__gte=week.start, due_at__lt=week.end
    ).exclude(kind="exception")
    return list(rows.order_by("due_at", "id").values_list("id", flat=True))


def tally_of(week: Week) -> Tally:
    """Count a week's rows as they are now, without its report."""
    return week_tally(decided_in(week), undone_in(week), expired_in(week))


def decided_by_week(first: Week, last: Week) -> dict[date, dict[str, list[str]]]:
    """Return the ids of items decided from ``first`` to ``last``, by Monday and outcome.

    Exceptions and undo items are left out.
    """
    rows = (
        ReviewItem.objects.filter(
            status="decided", decided_at__gte=first.start, decided_at__lt=last.end
        )
        .exclude(kind__in=("exception", "undo"))
        .annotate(week=TruncWeek("decided_at", tzinfo=first.zone))
        .order_by("decided_at", "id")
        .values_list("week", "choice", "id")
    )
    found: dict[date, dict[str, list[str]]] = {}
    for monday, choice, item_id in rows:
        outcomes = found.setdefault(monday.date(), {})
        outcomes.setdefault(bucket_of(choice), []).append(str(item_id))
    return found


def cost_in(week: Week) -> dict[UUID, Cost]:
    """Return the cost of a week's calls by run; runs whose calls were free are left out."""
    calls = Call.objects.filter(id__gte=first_id(week.start), id__lt=first_id(week.end))
    return costs_by_run(calls.exclude(cost_micros=0))


def costs_by_run(calls: QuerySet[Call]) -> dict[UUID, Cost]:
    """Return the cost of these calls by run."""
    unknown = Count("id", filter=Q(cost_micros=None))
    rows = calls.order_by("run_id").values("run_id")
    found = rows.annotate(micros=Sum("cost_micros"), unknown=unknown)
    return {row["run_id"]: Cost(row["micros"] or 0, row["unknown"]) for row in found}


def published_since(start: datetime) -> QuerySet[Version]:
    """Return the versions published from ``start`` on, in order."""
    # An older id can't have been published since: the range of ids only serves the index.
    rows = Version.objects.filter(published_at__gte=start, id__gte=first_id(start))
    return rows.select_related("workflow").order_by("id")


def stale_sources(moment: datetime) -> list[Source]:
    """Return the sources whose verification has lapsed at ``moment``, longest lapsed first."""
    sources = Source.objects.exclude(verified_at=None).select_related("owner")
    stale = [
        source
        for source in sources
        if _stale_from(source) <= moment and source.may_be_confirmed(moment)
    ]
    return sorted(stale, key=_stale_from)


def _stale_from(source: Source) -> datetime:
    assert source.stale_from is not None
    return source.stale_from


def waiting_soon(moment: datetime) -> Iterable[tuple[Any, ...]]:
    """Return the client's items due within two days of ``moment``, in the order of the queue."""
    rows = for_client(queue()).filter(planted=False, due_at__gt=moment, due_at__lt=moment + SOON)
    return rows.values_list("id", "kind", "title", "workflow_name", "due_at")


def exceptions_waiting(moment: datetime) -> Iterable[tuple[Any, ...]]:
    """Return the client's exceptions that are due two days after ``moment`` or later."""
    rows = for_client(queue()).filter(kind="exception", due_at__gte=moment + SOON)
    return rows.values_list("id", "kind", "title", "workflow_name", "due_at")
