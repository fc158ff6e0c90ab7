"""Views of a tenant's MCP servers: the list, a new one, and what one offers."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.paging import page as page_of
from portal.request import Request
from portal.tools.server_forms import ServerForm
from portal.tools.server_page import (
    MOST_CHOSEN,
    ServerPage,
    chosen_offers,
    offered_forms,
    server_page,
)
from tenants import access
from tenants.errors import Conflict, Invalid
from tenants.roles import Capability
from tenants.services.keys import secret_names
from workflows.mcp import servers
from workflows.mcp.commands import command_names
from workflows.mcp.turning_on import OfferedLine, turn_on_tools
from workflows.models import McpServer


def _server(request: Request, name: str) -> McpServer:
    access.require(request.actor, Capability.CONFIGURE)
    return servers.get_server(name)


def _lists(request: Request) -> dict[str, list[str]]:
    return {"secrets": secret_names(), "commands": command_names(request.tenant.slug)}


@require_safe
def listing(request: Request) -> HttpResponse:
    """Show the servers of the tenant."""
    access.require(request.actor, Capability.CONFIGURE)
    page = page_of(servers.servers(), request.GET, by="name")
    return render(request, "tools/servers.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: Request) -> HttpResponse:
    """Show the form of a new server, or save it. A worker looks at it at once."""
    access.require(request.actor, Capability.CONFIGURE)
    form = ServerForm(request.POST or None, **_lists(request))
    if form.is_valid():
        try:
            with transaction.atomic():
                made = servers.add_server(**form.cleaned_data, actor=request.actor)
            return redirect("tool_server", made.name)
        except (Invalid, Conflict) as error:
            form.add_error(None, error.message)
    status = 400 if request.method == "POST" else 200
    return render(request, "tools/server_add.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Request, name: str) -> HttpResponse:
    """Show what a server offers; POST takes a choice of it, then the declarations."""
    shown = server_page(_server(request, name), request.actor)
    step = request.POST.get("step", "")
    if request.method != "POST" or step not in ("declare", "save"):
        return _offer(request, shown)
    chosen = chosen_offers(shown, request.POST.getlist("tool"))
    if not chosen or len(chosen) > MOST_CHOSEN:
        problem = f"Choose between one and {MOST_CHOSEN} tools at a time."
        return _offer(request, shown, chosen, problem)
    return _declare(request, shown, chosen, is_saved=step == "save")


def _offer(
    request: Request,
    shown: ServerPage,
    chosen: list[OfferedLine] | None = None,
    problem: str = "",
    form: ServerForm | None = None,
) -> HttpResponse:
    """Show the tools of a server, all off at first."""
    context = {
        "shown": shown,
        "chosen": {line.offered.name for line in chosen or ()},
        "problem": problem,
        "form": form or ServerForm.of(shown.server, **_lists(request)),
    }
    is_refused = bool(problem or (form and form.errors))
    return render(request, "tools/server.html", context, status=400 if is_refused else 200)


def _declare(
    request: Request, shown: ServerPage, chosen: list[OfferedLine], *, is_saved: bool
) -> HttpResponse:
    """Show the forms of the chosen tools, or turn all of them on or none."""
    forms = offered_forms(shown, chosen, request.POST if is_saved else None)
    problem = ""
    if is_saved and all(one.is_valid() for one in forms):
        declared = [one.declaration() for one in forms]
        seen = request.POST.get("seen", "")
        try:
            with transaction.atomic():
                saved = turn_on_tools(shown.server, declared, seen, actor=request.actor)
            said = "tool is" if len(saved) == 1 else "tools are"
            messages.success(request, f"{len(saved)} {said} on as declared.")
            return redirect("tool_server", shown.server.name)
        except (Invalid, Conflict) as error:
            problem = error.message
    elif is_saved:
        problem = "Something is missing below. Nothing was saved."
    context = {"shown": shown, "forms": forms, "problem": problem}
    return render(request, "tools/server_declare.html", context, status=400 if is_saved else 200)


@require_POST
def change(request: Request, name: str) -> HttpResponse:
    """Change where a server is, or what goes along. At another place all its tools are off."""
    server = _server(request, name)
    form = ServerForm.of(server, request.POST, **_lists(request))
    if form.is_valid():
        try:
            with transaction.atomic():
                servers.change_server(server, **form.cleaned_data, actor=request.actor)
            messages.success(request, "Changed. The server is being asked what it offers.")
            return redirect("tool_server", name)
        except Invalid as error:
            form.add_error(None, error.message)
    return _offer(request, server_page(servers.get_server(name), request.actor), form=form)


@require_POST
def look(request: Request, name: str) -> HttpResponse:
    """Request a look at a server now."""
    servers.request_look(_server(request, name), actor=request.actor)
    messages.success(request, "The server is being asked. Open this page again in a moment.")
    return redirect("tool_server", name)
