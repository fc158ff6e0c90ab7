"""Views of a tenant's credentials: secrets and connections, and the exchange of a secret."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.credentials.forms import ExchangeForm
from portal.paging import page as page_of
from portal.request import Request
from tenants import access
from tenants.errors import Conflict, Invalid
from tenants.roles import Capability
from workflows.credentials.exchange import (
    end_exchange,
    exchange_secret,
    exchangeable,
    get_exchangeable,
)
from workflows.oauth.storing import connections

MOST_CONNECTIONS = 200


@require_safe
def listing(request: Request) -> HttpResponse:
    """Show the connections and the secrets of the tenant, without a value of any."""
    access.require(request.actor, Capability.CONFIGURE)
    context = {
        "connections": connections()[:MOST_CONNECTIONS],
        "page": page_of(exchangeable(), request.GET, by="name"),
        "is_staff": request.actor.kind == "staff",
    }
    return render(request, "credentials/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Request, name: str) -> HttpResponse:
    """Show a secret; POST sets a new value, beside which the former serves for a while."""
    access.require(request.actor, Capability.CONFIGURE)
    secret = get_exchangeable(name)
    form = ExchangeForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            with transaction.atomic():
                exchange_secret(
                    name, value=given["value"], until=given["until"], actor=request.actor
                )
            messages.success(request, "The new value is used from now on.")
            return redirect("credential", name)
        except (Invalid, Conflict) as error:
            form.add_error(None, error.message)
    status = 400 if request.method == "POST" else 200
    context = {"secret": secret, "form": form}
    return render(request, "credentials/secret.html", context, status=status)


@require_POST
def end(request: Request, name: str) -> HttpResponse:
    """Remove the former value of a secret now."""
    end_exchange(name, actor=request.actor)
    messages.success(request, "The former value is gone.")
    return redirect("credential", name)
