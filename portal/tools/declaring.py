"""Last steps of an import: the chosen operations are declared, and become tools together."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.request import Request
from portal.tools.page import ImportPage, declaration_forms
from tenants.errors import Conflict, Invalid
from workflows.openapi.imports import ApiAccess, ListedOperation, save_tools

MOST_CHOSEN = 30  # operations at a time


def declare_tools(
    request: Request,
    page: ImportPage,
    chosen: list[ListedOperation],
    access: ApiAccess,
    *,
    carried: dict[str, Any],
    is_saved: bool,
    refused: str = "",
) -> HttpResponse:
    """Show the forms of the chosen operations, or save all of them or none.

    ``carried`` is what the form's template needs to carry the document along. ``refused`` says why
    what was typed is shown once more, and not saved.
    """
    forms = declaration_forms(page, chosen, request.POST if is_saved else None)
    problem = refused
    if is_saved and not refused and all(one.is_valid() for one in forms):
        declared = [one.declaration() for one in forms]
        try:
            with transaction.atomic():
                saved = save_tools(declared, access, actor=request.actor)
            said = "tool is" if len(saved) == 1 else "tools are"
            messages.success(request, f"{len(saved)} {said} kept as declared.")
            return redirect("tools")
        except (Invalid, Conflict) as error:
            problem = error.message
    elif is_saved and not refused:
        problem = "Something is missing below. Nothing was saved."
    context = carried | {"page": page, "forms": forms, "problem": problem}
    return render(request, "tools/declare.html", context, status=400 if is_saved else 200)
