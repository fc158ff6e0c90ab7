"""Views of the home page and of a person's account."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from portal.request import Request
from tenants.selectors import tenants_of


@require_safe
@login_required
def home(request: Request) -> HttpResponse:
    """Redirect staff to the desk and a person of one client to it; else show their clients."""
    if request.user.is_staff and (desk := _desk()):
        return redirect(desk)
    tenants = list(tenants_of(request.user))
    if len(tenants) == 1:
        return redirect(f"/t/{tenants[0].slug}/review/")
    return render(request, "home.html", {"tenants": tenants})


def _desk() -> str:
    try:
        return reverse("desk")
    except NoReverseMatch:
        return ""


@require_safe
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Show the person's account: name, password, second factor."""
    kinds = Authenticator.objects.filter(user=request.user.pk).values_list("type", flat=True)
    return render(request, "account/account.html", {"factors": set(kinds)})
