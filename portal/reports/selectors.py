"""Reading what a report counts, and reports that are frozen."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncWeek

from approvals.models import Proposal, ReviewItem
from approvals.review.selectors import queue
from audit.models import Event
from audit.verbs import Verb
from portal.reports.counts import OUTCOMES, Decided, Tally, Undone, week_tally
from portal.reports.models import Report
from portal.reports.week import Week
from tenants.ids import first_id
from tenants.models import Source
from workflows.exceptions.selectors import for_client
from workflows.models import Call, Version

SOON = timedelta(hours=48)


def reports() -> QuerySet[Report]:
    """The tenant's reports, newest first, without what they counted."""
    return Report.objects.defer("items").order_by("-week")


def report(week: date) -> Report | None:
    """The report of the week that begins on this Monday."""
    return Report.objects.filter(week=week).first()


def frozen_counts(before: Week, weeks: int) -> dict[date, dict[str, int]]:
    """The counts of reports made for the weeks before this one, by Monday."""
    rows = Report.objects.filter(week__gte=before.later(-weeks).monday, week__lt=before.monday)
    return dict(rows.values_list("week", "numbers__counts"))


def decided_in(week: Week) -> list[Decided]:
    """What people decided in a week, exceptions too, in order."""
    items = ReviewItem.objects.filter(
        status="decided", decided_at__gte=week.start, decided_at__lt=week.end
    )
    items = items.exclude(kind="undo").order_by("decided_at", "id")
    rows = items.values_list(
        "id",
        "kind",
        "choice",
        "reason_code",
        "title",
        "workflow_name",
        "step",
        "decisions__edit_distance",
        "decisions__words",
    )
    return [Decided(*row[:7], row[7] or 0, row[8] or "") for row in rows]


def undone_in(week: Week) -> list[Undone]:
    """Executed actions that were undone in a week, each once."""
    events = Event.objects.filter(
        verb=Verb.EFFECT_UNDONE, id__gte=first_id(week.start), id__lt=first_id(week.end)
    )
    why = dict(events.order_by("id").values_list("object_id", "reason"))
    if not why:
        return []
    acts = Proposal.objects.filter(pk__in=why).select_related("tool", "item").order_by("id")
    return [Undone(act.pk, act.tool.title, act.item.title, why[act.pk]) for act in acts]


def expired_in(week: Week) -> list[UUID]:
    """Items that ran out of time in a week before anybody decided."""
    rows = ReviewItem.objects.filter(
        status="expired", due_at__gte=week.start, due_at__lt=week.end
    ).exclude(kind="exception")
    return list(rows.order_by("due_at", "id").values_list("id", flat=True))


def tally_of(week: Week) -> Tally:
    """The buckets of a week as its rows stand now."""
    return week_tally(decided_in(week), undone_in(week), expired_in(week))


def decided_by_week(first: Week, last: Week) -> dict[date, dict[str, list[str]]]:
    """Ids of what was decided from one week up to another, by Monday and outcome."""
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
        outcomes.setdefault(OUTCOMES[choice], []).append(str(item_id))
    return found


def cost_in(week: Week) -> dict[UUID, int]:
    """What each run's calls of a week cost, in millionths of a dollar; free runs left out."""
    calls = Call.objects.filter(
        id__gte=first_id(week.start), id__lt=first_id(week.end), cost_micros__gt=0
    )
    rows = calls.order_by().values_list("run_id").annotate(cost=Sum("cost_micros"))
    return dict(rows.order_by("run_id"))


def published_since(start: datetime) -> QuerySet[Version]:
    """Versions published from a moment on, in order."""
    rows = Version.objects.filter(published_at__gte=start, id__gte=first_id(start))
    return rows.select_related("workflow").order_by("id")


def stale_sources(moment: datetime) -> list[Source]:
    """Sources that hold something nobody has vouched for lately, the longest first."""
    sources = Source.objects.exclude(verified_at=None).select_related("owner")
    stale = [source for source in sources if _stale_from(source) <= moment]
    return sorted(stale, key=_stale_from)


def _stale_from(source: Source) -> datetime:
    assert source.stale_from is not None
    return source.stale_from


def waiting_soon(moment: datetime) -> Iterable[tuple[Any, ...]]:
    """What must be decided within two days, what is due first in front."""
    rows = for_client(queue()).filter(planted=False, due_at__gt=moment, due_at__lt=moment + SOON)
    return rows.values_list("id", "kind", "title", "workflow_name", "due_at")


def exceptions_waiting(moment: datetime) -> Iterable[tuple[Any, ...]]:
    """Exceptions of the client that are due later than that."""
    rows = for_client(queue()).filter(kind="exception", due_at__gte=moment + SOON)
    return rows.values_list("id", "kind", "title", "workflow_name", "due_at")
