"""Views of a tenant's tools: the list, and the import of an OpenAPI document."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from approvals.gate.tools import add_tool
from approvals.models import Tool
from approvals.rules.ladder import Effect
from portal.paging import page as page_of
from portal.request import Request
from portal.tools.browser_form import BrowserForm
from portal.tools.declaring import MOST_CHOSEN, declare_tools
from portal.tools.forms import ImportForm
from portal.tools.page import ImportPage, access_of, chosen_lines, import_page
from portal.tools.statement_form import StatementForm
from tenants import access
from tenants.errors import Conflict, Invalid
from tenants.roles import Capability
from tenants.services.keys import secret_names
from workflows.openapi.fetched import (
    MOST_DOCUMENTS,
    DocumentPlace,
    documents,
    fetch_document,
)
from workflows.openapi.imports import ListedOperation


@require_safe
def listing(request: Request) -> HttpResponse:
    """Show the tools of the tenant."""
    access.require(request.actor, Capability.CONFIGURE)
    page = page_of(Tool.objects.all(), request.GET, by="name")
    is_staff = request.actor.kind == "staff"
    return render(request, "tools/list.html", {"page": page, "is_staff": is_staff})


@require_http_methods(["GET", "HEAD", "POST"])
def import_document(request: Request) -> HttpResponse:
    """Show the form of a document; POST reads it, then takes the choice, then the declarations.

    Each step carries the document along, and only the last one changes anything. A document at an
    address is read by a worker, and has a page of its own.
    """
    access.require(request.actor, Capability.CONFIGURE)
    form = ImportForm(request.POST or None, request.FILES or None, secrets=secret_names())
    if not form.is_valid():
        return _asked(request, form)
    if form.cleaned_data["address"]:
        return _fetch(request, form)
    page = import_page(form, request.tenant)
    step = request.POST.get("step", "")
    if step not in ("declare", "save"):
        return _choice(request, form, page)
    chosen = chosen_lines(page, request.POST.getlist("operation"))
    if not chosen or len(chosen) > MOST_CHOSEN:
        problem = f"Choose between one and {MOST_CHOSEN} operations at a time."
        return _choice(request, form, page, chosen, problem)
    carried = {"form": form}
    return declare_tools(
        request, page, chosen, access_of(form), carried=carried, is_saved=step == "save"
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add_statement(request: Request) -> HttpResponse:
    """Show the form of an SQL statement; POST makes it a tool."""
    access.require(request.actor, Capability.CONFIGURE)
    form = StatementForm(request.POST or None, secrets=secret_names(), undos=_undos())
    return _added(request, form, "sql", "tools/statement.html")


@require_http_methods(["GET", "HEAD", "POST"])
def add_page(request: Request) -> HttpResponse:
    """Show the form of a page that a browser works; POST says what it does, or makes it a tool."""
    access.require(request.actor, Capability.CONFIGURE)
    form = BrowserForm(
        request.POST or None, tenant=request.tenant, secrets=secret_names(), undos=_undos()
    )
    if request.method == "POST" and request.POST.get("step") == "look" and form.is_valid():
        return render(request, "tools/browser.html", {"form": form, "is_shown": True})
    return _added(request, form, "browser", "tools/browser.html")


def _undos() -> list[str]:
    """Return the names of the tools by which another may be undone."""
    writes = Tool.objects.filter(effect=Effect.WRITE)
    return list(writes.order_by("name").values_list("name", flat=True))


def _added(
    request: Request, form: StatementForm | BrowserForm, adapter: str, template: str
) -> HttpResponse:
    """Save the tool that a posted form declares, or show the form."""
    if request.method == "POST" and form.is_valid():
        try:
            tool = add_tool(adapter=adapter, actor=request.actor, **form.declared)
        except (Invalid, Conflict) as error:
            field = "name" if error.code == "name_taken" else None
            form.add_error(field, error.message)
        else:
            messages.success(request, f"{tool.title} is kept as declared.")
            return redirect("tools")
    status = 400 if request.method == "POST" else 200
    return render(request, template, {"form": form}, status=status)


def _asked(request: Request, form: ImportForm) -> HttpResponse:
    """Show the form of a document, and the documents at addresses that are kept."""
    context = {"form": form, "documents": documents()[:MOST_DOCUMENTS]}
    status = 400 if request.method == "POST" else 200
    return render(request, "tools/import.html", context, status=status)


def _fetch(request: Request, form: ImportForm) -> HttpResponse:
    """Request that a document at an address is read, and lead to its page."""
    names = ("api", "address", "base", "secret", "header")
    place = DocumentPlace(*(form.cleaned_data[name] for name in names))
    try:
        fetch_document(place, actor=request.actor)
    except (Invalid, Conflict) as error:
        form.add_error("address", error.message)
        return _asked(request, form)
    return redirect("tools_document", place.api)


def _choice(
    request: Request,
    form: ImportForm,
    page: ImportPage,
    chosen: list[ListedOperation] | None = None,
    problem: str = "",
) -> HttpResponse:
    """Show the operations of a document, all off at first."""
    keys = {line.operation.key for line in chosen or ()}
    context = {"form": form, "page": page, "chosen": keys, "problem": problem}
    return render(request, "tools/choose.html", context, status=400 if problem else 200)
