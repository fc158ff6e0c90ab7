"""Views of the source map: the list, one source, its settings, revisions and verification."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.paging import page as page_of
from portal.request import Request
from portal.sources import page as sourcemap
from portal.sources.forms import ChangeForm, SourceForm, UploadForm, details_of
from tenants import access, roster
from tenants.errors import Conflict, Invalid, NotFound
from tenants.models import Revision, Source
from tenants.roles import Capability
from tenants.sources import search, selectors, services, succession
from workflows.sources import reading

MOST_HITS = 20


@require_safe
def listing(request: Request) -> HttpResponse:
    """Show the source map."""
    page = page_of(selectors.sources(), request.GET, by="name")
    context = {
        "page": page,
        "entries": sourcemap.entries(page.rows),
        "may_manage": access.may(request.actor, Capability.MANAGE_SOURCES),
    }
    return render(request, "sources/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: Request) -> HttpResponse:
    """Show the form of a new source; POST saves the source, and its file to be read."""
    access.require(request.actor, Capability.MANAGE_SOURCES)
    vouchers, others = roster.possible_source_owners(), selectors.titles()
    if request.method != "POST":
        form = SourceForm(vouchers=vouchers, others=others, initial={"owner": request.actor.id})
        return render(request, "sources/add.html", {"form": form})
    form = SourceForm(request.POST, request.FILES, vouchers=vouchers, others=others)
    if form.is_valid():
        values = form.values()
        file = values.pop("file")
        try:
            with transaction.atomic():
                source = services.add_source(**values, actor=request.actor)
                _take_place(source, form, request)
                if file:
                    _upload(source, file, request)
            return redirect("source", source.name)
        except (Invalid, Conflict) as error:
            form.add_error(None, error.message)
    return render(request, "sources/add.html", {"form": form}, status=400)


def _upload(source: Source, file: Any, request: Request) -> None:
    begun = reading.upload_file(
        source, filename=str(file.name), content=file.read(), actor=request.actor
    )
    if begun is None:
        said = "That is the file it holds already, so nothing changed."
        if request.actor.id == source.owner_id:
            said += f" It counts as confirmed today, for {source.max_age_days} days."
        messages.success(request, said)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Request, name: str) -> HttpResponse:
    """Show one source at its current or an earlier revision; POST saves its settings."""
    source = selectors.get_source(name)
    if request.method != "POST":
        return _page(request, source)
    form = _change_form(source, succession.former_of(source), request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                services.change_source(source, **form.values(), actor=request.actor)
                _take_place(source, form, request)
            messages.success(request, "Changed.")
            return redirect("source", name)
        except Invalid as error:
            form.add_error(None, error.message)
    return _page(request, source, change_form=form, status=400)


def _page(request: Request, source: Source, *, status: int = 200, **forms: Any) -> HttpResponse:
    revision = _revision(request, source)
    may_manage = access.may(request.actor, Capability.MANAGE_SOURCES)
    entry, former = sourcemap.entry(source), succession.former_of(source)
    context = {
        "source": source,
        "source_url": reverse("source", args=[source.name]),
        "entry": entry,
        "reading": entry.reading,
        "revision": revision,
        "is_newest": revision is None or revision.pk == source.revision_id,
        "revisions": page_of(
            selectors.source_revisions(source), request.GET, by="-number", size=10, name="rev_"
        ),
        "query": _query(request),
        "upload_form": UploadForm(kind=source.kind),
        "change_form": _change_form(source, former) if may_manage else None,
        "former": former,
        # The last moment that counts: people are told days that are included.
        "last_valid": source.valid_until and source.valid_until - timedelta(seconds=1),
        "may_manage": may_manage,
        "is_owner": request.actor.id == source.owner_id,
        "may_verify": sourcemap.may_verify(source, request.actor),
        **(_content(request, source, revision) if revision else {}),
        **forms,
    }
    return render(request, "sources/page.html", context, status=status)


def _query(request: Request) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:200]


def _take_place(source: Source, form: SourceForm | ChangeForm, request: Request) -> None:
    name = form.cleaned_data["supersedes"]
    former = selectors.get_source(name) if name else None
    succession.take_place_of(source, former, actor=request.actor)


def _change_form(source: Source, former: Source | None, given: Any = None) -> ChangeForm:
    names = ("title", "authority", "max_age_days")
    initial = {name: getattr(source, name) for name in names} | {"owner": str(source.owner_id)}
    initial |= details_of(source, former)
    others = [one for one in selectors.titles() if one[0] != source.name]
    vouchers = roster.possible_source_owners()
    return ChangeForm(given, vouchers=vouchers, others=others, initial=initial)


def _revision(request: Request, source: Source) -> Revision | None:
    """Return the revision that the address asks for, by default the current one."""
    asked = request.GET.get("revision", "")
    if not asked:
        current: Revision | None = source.revision
        return current
    if not (asked.isdecimal() and len(asked) < 9):
        raise NotFound.of("revision")
    return selectors.get_revision(source, int(asked))


def _content(request: Request, source: Source, revision: Revision) -> dict[str, Any]:
    """Return the passages or records that match the search, or a page of all."""
    query = _query(request)
    if source.kind == "records":
        page = page_of(selectors.records(revision, query), request.GET, by="key")
        return {"page": page, "records": [sourcemap.record_parts(row) for row in page.rows]}
    if query:
        hits = search.search_passages(
            query, [revision.pk], tenant_id=request.tenant.pk, limit=MOST_HITS
        )
        return {"hits": hits}
    return {
        "page": page_of(selectors.document_passages(revision), request.GET, by="position", size=25)
    }


@require_POST
def revise(request: Request, name: str) -> HttpResponse:
    """Save an uploaded file, which a worker reads to be the source's next revision."""
    source = selectors.get_source(name)
    form = UploadForm(request.POST, request.FILES, kind=source.kind)
    access.require(request.actor, Capability.MANAGE_SOURCES)
    if form.is_valid():
        try:
            with transaction.atomic():
                _upload(source, form.cleaned_data["file"], request)
            return redirect("source", name)
        except Invalid as error:
            form.add_error("file", error.message)
    return _page(request, source, upload_form=form, status=400)


@require_safe
def reading_state(request: Request, name: str) -> HttpResponse:
    """Show how far a source's new file was read; lead the page to the source once it was."""
    source = selectors.get_source(name)
    found = reading.readings_of([source]).get(source.pk)
    if found is None or found.problem:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "sources/reading_progress.html", {"reading": found, "source": source})


@require_POST
def put_away(request: Request, name: str) -> HttpResponse:
    """Delete a source's file that could not be read."""
    reading.put_away(selectors.get_source(name), actor=request.actor)
    return redirect("source", name)


@require_POST
def verify(request: Request, name: str) -> HttpResponse:
    """Save that the source is confirmed as true today."""
    source = services.verify(selectors.get_source(name).pk, actor=request.actor)
    messages.success(request, f"{source.title} counts as fresh for {source.max_age_days} days.")
    return redirect("source", name)
