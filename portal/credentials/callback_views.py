"""Views outside any tenant: who Handrail is, and the address that a browser comes back to."""

import re

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from portal.error_pages import error_page
from tenants import access
from tenants.errors import Conflict, DomainError, Forbidden
from tenants.scope import tenant_scope
from workflows.oauth.services import STALE, client_document, receive_answer, tenant_by_state

KEY = re.compile(r"[0-9a-f]{32}")
NOT_SIGNED_IN = "You are not signed in here, so nothing was connected. Sign in, and connect again."


@require_safe
def document(request: HttpRequest, key: str) -> HttpResponse:
    """Show who Handrail is, to an authorization server that reads it."""
    if not KEY.fullmatch(key):
        raise Http404
    return JsonResponse(client_document(key), headers={"Cache-Control": "max-age=3600"})


@never_cache
@require_GET
def callback(request: HttpRequest, key: str) -> HttpResponse:
    """Take an authorization server's answer, once, from the person who began the attempt.

    Not by way of the sign-in page: an answer's code would stand in its address.
    """
    if not request.user.is_authenticated:
        return error_page(request, Forbidden(NOT_SIGNED_IN))
    answer = {name: values[-1] for name, values in request.GET.lists()}
    tenant = tenant_by_state(answer.get("state", ""))
    actor = access.actor_in(request.user, tenant) if tenant else None
    if tenant is None or actor is None or any(len(v) > 1 for _, v in request.GET.lists()):
        return error_page(request, Conflict(STALE, code="bad_sign_in"))
    try:
        with tenant_scope(tenant.pk):
            name = receive_answer(key, answer, actor=actor).secret.name
    except DomainError as error:
        return error_page(request, error)
    return redirect(f"/t/{tenant.slug}/connections/{name}/")
