"""Page that the type of a problem document links to: it explains an error code."""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.api.codes import CODES

SHAPE = re.compile(r"[a-z][a-z_]{0,39}")


@require_safe
def problem_type(request: HttpRequest, code: str) -> HttpResponse:
    """Show the meaning of an error code; one without an entry points to the answer's detail."""
    if not SHAPE.fullmatch(code):
        raise Http404
    context = {
        "code": code,
        "title": code.replace("_", " ").capitalize(),
        "said": CODES.get(code, "The detail of the answer says what is wrong and what to do."),
    }
    return render(request, "problem_type.html", context)
