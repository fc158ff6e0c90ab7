"""Views of a tenant's tools: the list, and the import of an OpenAPI document."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from approvals.gate.tools import add_tool
from approvals.models import Tool
from approvals.rules.ladder import Effect
from portal.paging import page as page_of
from portal.request import Request
from portal.tools.browser_form import BrowserForm
from portal.tools.forms import ImportForm
from portal.tools.page import (
    MOST_CHOSEN,
    ImportPage,
    access_of,
    chosen_lines,
    declaration_forms,
    import_page,
)
from portal.tools.statement_form import StatementForm
from tenants import access
from tenants.errors import Conflict, Invalid
from tenants.roles import Capability
from tenants.services.keys import secret_names
from workflows.openapi.imports import ListedOperation, save_tools


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

    Each step carries the document along, and only the last one changes anything.
    """
    access.require(request.actor, Capability.CONFIGURE)
    form = ImportForm(request.POST or None, request.FILES or None, secrets=secret_names())
    if not form.is_valid():
        status = 400 if request.method == "POST" else 200
        return render(request, "tools/import.html", {"form": form}, status=status)
    page = import_page(form, request.tenant)
    step = request.POST.get("step", "")
    if step not in ("declare", "save"):
        return _choice(request, form, page)
    chosen = chosen_lines(page, request.POST.getlist("operation"))
    if not chosen or len(chosen) > MOST_CHOSEN:
        problem = f"Choose between one and {MOST_CHOSEN} operations at a time."
        return _choice(request, form, page, chosen, problem)
    return _declare(request, form, page, chosen, is_saved=step == "save")


@require_http_methods(["GET", "HEAD", "POST"])
def add_statement(request: Request) -> HttpResponse:
    """Show the form of an SQL statement; POST makes it a tool."""
    access.require(request.actor, Capability.CONFIGURE)
    form = StatementForm(request.POST or None, secrets=secret_names(), undos=_undos())
    return _added(request, form, "sql", "tools/statement.html")


@require_http_methods(["GET", "HEAD", "POST"])
def add_page(request: Request) -> HttpResponse:
    """Show the form of a page that a browser works; POST makes it a tool."""
    access.require(request.actor, Capability.CONFIGURE)
    form = BrowserForm(
        request.POST or None, tenant=request.tenant, secrets=secret_names(), undos=_undos()
    )
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


def _declare(
    request: Request,
    form: ImportForm,
    page: ImportPage,
    chosen: list[ListedOperation],
    *,
    is_saved: bool,
) -> HttpResponse:
    """Show the forms of the chosen operations, or save all of them or none."""
    forms = declaration_forms(page, chosen, request.POST if is_saved else None)
    problem = ""
    if is_saved and all(one.is_valid() for one in forms):
        declared = [one.declaration() for one in forms]
        try:
            with transaction.atomic():
                saved = save_tools(declared, access_of(form), actor=request.actor)
            said = "tool is" if len(saved) == 1 else "tools are"
            messages.success(request, f"{len(saved)} {said} kept as declared.")
            return redirect("tools")
        except (Invalid, Conflict) as error:
            problem = error.message
    elif is_saved:
        problem = "Something is missing below. Nothing was saved."
    context = {"form": form, "page": page, "forms": forms, "problem": problem}
    return render(request, "tools/declare.html", context, status=400 if is_saved else 200)
