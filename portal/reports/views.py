"""Views of the weekly reports: the list, one report, and the items behind one number."""

from datetime import date
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render

from portal import links
from portal.budgets.page import tile_rows
from portal.reports import drilldown, present, selectors
from portal.reports.models import Report
from portal.request import Request
from tenants.errors import NotFound

PAGE = 26


def reports(request: Request) -> HttpResponse:
    """Show the tenant's reports, newest first, a page at a time."""
    found = selectors.reports()
    before = _monday(request.GET["before"]) if "before" in request.GET else None
    rows = list((found.filter(week__lt=before) if before else found)[: PAGE + 1])
    shown = rows[:PAGE]
    context = {
        "lines": [_line(report) for report in shown],
        "older": f"?before={shown[-1].week}" if len(rows) > PAGE else "",
        "newer": request.path if before else "",
        "budgets": tile_rows(request.tenant),
    }
    return render(request, "reports/list.html", context)


def _line(report: Report) -> dict[str, str]:
    there = links.Links(links.inside())
    shown = present.page(report.numbers, report.week, there)
    return {"title": str(report), "said": shown["headline_text"], "url": shown["link"]}


def report(request: Request, week: str) -> HttpResponse:
    """Show one week's report as it was frozen. Raises NotFound where none was made."""
    found = _report(week)
    shown = present.page(found.numbers, found.week, links.Links(links.inside()))
    return render(request, "reports/report.html", {"report": found, "r": shown})


def report_items(request: Request, week: str, bucket: str) -> HttpResponse:
    """Show the objects behind one number of a report. Raises NotFound for an unknown bucket."""
    found = _report(week)
    zone = ZoneInfo(request.tenant.timezone)
    there = links.Links(links.inside())
    shown = drilldown.opened(found, bucket, there, zone, request.GET.get("from", ""))
    if shown is None:
        raise NotFound("This report has no such number.")
    context = {
        "report": found,
        "opened": shown,
        "back": there.report(week),
        "newer": f"?from={shown.newer}" if shown.newer else "",
        "older": f"?from={shown.older}" if shown.older else "",
    }
    return render(request, "reports/items.html", context)


def _report(week: str) -> Report:
    found = selectors.report(_monday(week))
    if found is None:
        raise NotFound("There is no report for that week.")
    return found


def _monday(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotFound("There is no report for that week.") from error
