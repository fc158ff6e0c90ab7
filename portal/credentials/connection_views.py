"""Views of connections: each is added, connected by a person, changed, ended and deleted."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.credentials.forms import ConnectionChangeForm, ConnectionForm, settings_of
from portal.credentials.page import connection_page
from portal.request import Request
from tenants import access
from tenants.errors import Conflict, Invalid
from tenants.models import OAuthConnection
from tenants.roles import Capability
from workflows.mcp.servers import get_server
from workflows.oauth import services
from workflows.oauth.editing import change_connection, delete_connection
from workflows.oauth.storing import get_connection

ASKED = "It is being asked where to sign in. Open this page again in a moment."


def _connection(request: Request, name: str) -> OAuthConnection:
    access.require(request.actor, Capability.CONFIGURE)
    return get_connection(name)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: Request) -> HttpResponse:
    """Show the form of a new connection, or save it. Nothing is asked before a person connects."""
    access.require(request.actor, Capability.CONFIGURE)
    form = ConnectionForm(request.POST or None)
    if form.is_valid():
        try:
            with transaction.atomic():
                made = services.add_connection(**form.cleaned_data, actor=request.actor)
            return redirect("connection", made.secret.name)
        except (Invalid, Conflict) as error:
            form.add_error(None, error.message)
    status = 400 if request.method == "POST" else 200
    return render(request, "credentials/connection_add.html", {"form": form}, status=status)


@require_safe
def page(request: Request, name: str) -> HttpResponse:
    """Show a connection: its state, and where a person signs in."""
    shown = connection_page(_connection(request, name), request.actor)
    return render(request, "credentials/connection.html", {"shown": shown})


@require_POST
def connect(request: Request, name: str) -> HttpResponse:
    """Begin an attempt to connect."""
    try:
        services.request_connect(_connection(request, name), actor=request.actor)
        messages.success(request, ASKED)
    except Conflict as error:
        messages.error(request, error.message)
    return redirect("connection", name)


@require_POST
def connect_server_of_tools(request: Request, name: str) -> HttpResponse:
    """Begin an attempt to connect a server, whose connection is made if it has none."""
    access.require(request.actor, Capability.CONFIGURE)
    made = services.connect_server(get_server(name), actor=request.actor)
    messages.success(request, ASKED)
    return redirect("connection", made.secret.name)


@require_safe
def go_on(request: Request, name: str) -> HttpResponse:
    """Redirect whoever began the attempt to the authorization server. Nothing is changed."""
    connection = _connection(request, name)
    try:
        return redirect(services.sign_in_address(connection, actor=request.actor))
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("connection", name)


@require_POST
def end(request: Request, name: str) -> HttpResponse:
    """End a connection."""
    services.disconnect(_connection(request, name), actor=request.actor)
    messages.success(request, "Not connected any more. Tools that need it fail unsent.")
    return redirect("connection", name)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Request, name: str) -> HttpResponse:
    """Show the settings of a connection, or save them. Nothing is asked there by that."""
    connection = _connection(request, name)
    given = request.POST if request.method == "POST" else None
    form = ConnectionChangeForm(given, initial=settings_of(connection))
    if form.is_valid():
        try:
            with transaction.atomic():
                change_connection(connection, **form.cleaned_data, actor=request.actor)
            messages.success(request, "Changed.")
            return redirect("connection", name)
        except (Invalid, Conflict) as error:
            form.add_error(None, error.message)
    status = 400 if request.method == "POST" else 200
    context = {"form": form, "connection": connection}
    return render(request, "credentials/connection_change.html", context, status=status)


@require_POST
def delete(request: Request, name: str) -> HttpResponse:
    """Delete a connection that nothing uses, with the secret that tools name."""
    connection = _connection(request, name)
    try:
        with transaction.atomic():
            delete_connection(connection, actor=request.actor)
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("connection", name)
    messages.success(request, f"The connection {name} is deleted.")
    return redirect("credentials")
