"""View of the style guide, which shows every component in each of its states to staff."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.request import Request
from portal.styleguide.forms import SampleForm
from portal.templatetags.components import TONES


@require_safe
@login_required
def page(request: Request) -> HttpResponse:
    """Show the style guide. Raises Http404 for everybody but the provider's staff."""
    if not (request.user.is_staff and request.user.staff_role):
        raise Http404
    context = {
        "statuses": sorted(TONES, key=lambda status: (TONES[status], status)),
        "form": SampleForm(prefix="plain"),
        "wrong_form": SampleForm({}, prefix="wrong"),
    }
    return render(request, "styleguide/page.html", context)
