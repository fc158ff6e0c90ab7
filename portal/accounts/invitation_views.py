"""Views of an invitation: GET shows it, only POST accepts it."""

from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.accounts.forms import NewPerson
from portal.error_pages import error_page
from tenants.errors import DomainError
from tenants.models import Invitation, User
from tenants.roles import CLIENT_ROLES
from tenants.services.people import accept_invitation, get_open_invitation, join_invited

BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation; accept it as the signed-in person or with a new account.

    An address that has an account must sign in first.
    """
    try:
        invited = get_open_invitation(token)
        if request.user.is_authenticated:
            return _as_member(request, invited, token)
        if User.objects.filter(email=invited.email.lower()).exists():
            return _show(request, invited, must_sign_in=True)
        return _as_newcomer(request, invited, token)
    except DomainError as error:
        return error_page(request, error)


def _as_member(request: HttpRequest, invited: Invitation, token: str) -> HttpResponse:
    user = request.user
    is_theirs = isinstance(user, User) and user.email.lower() == invited.email.lower()
    if request.method != "POST" or not is_theirs:
        return _show(request, invited, is_theirs=is_theirs)
    assert isinstance(user, User)
    with transaction.atomic():
        accept_invitation(token, user)
    return redirect(f"/t/{invited.tenant.slug}/review/")


def _as_newcomer(request: HttpRequest, invited: Invitation, token: str) -> HttpResponse:
    form = NewPerson(request.POST or None, email=invited.email)
    if request.method != "POST" or not form.is_valid():
        return _show(request, invited, form=form)
    user = join_invited(
        token, name=form.cleaned_data["name"], password=form.cleaned_data["password"]
    )
    login(request, user, backend=BACKEND)
    return redirect(f"/t/{invited.tenant.slug}/review/")


def _show(request: HttpRequest, invited: Invitation, **how: object) -> HttpResponse:
    context = {"invitation": invited, "role": CLIENT_ROLES[invited.role], **how}
    return render(request, "invitation.html", context)
