"""Views of API keys. A key's text is shown once, right after it was made."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.people.forms import KeyForm
from portal.people.views import show
from portal.request import Request
from tenants.errors import Invalid
from tenants.services import keys


@never_cache
@require_POST
def make_key(request: Request) -> HttpResponse:
    """Make a key and show its text; the text is never shown again."""
    form = KeyForm(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                key, text = keys.make_key(**form.cleaned_data, actor=request.actor)
            # No redirect: the text would have to be stored until the next request.
            return show(request, made_key=key, key_text=text)
        except Invalid as error:
            form.add_error("scopes", error.message)
    return show(request, key_form=form, status=400)


@require_POST
def revoke_key(request: Request, pk: UUID) -> HttpResponse:
    """Revoke a key at once."""
    keys.revoke_key(pk, actor=request.actor)
    messages.success(request, "The key is revoked. What used it is refused from now on.")
    return redirect("people")
