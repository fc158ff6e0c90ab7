"""Views of an OpenAPI document at an address, which a worker reads."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.request import Request
from portal.tools.declaring import MOST_CHOSEN, declare_tools
from portal.tools.document_page import (
    access_to,
    chosen_operations,
    document_page,
    document_stamp,
    is_as_read,
)
from portal.tools.page import ImportPage
from tenants import access
from tenants.errors import Conflict, Invalid
from tenants.roles import Capability
from workflows.models import ImportedDocument
from workflows.openapi.fetched import get_document, read_again

READ_AGAIN = "It was read again meanwhile, so nothing was saved. Look at your choice once more."
READ_WITHOUT = (
    "It was read again meanwhile, so nothing was saved. It no longer has what can be called: "
)
CHOOSE = f"Choose between one and {MOST_CHOSEN} operations at a time."


def _document(request: Request, api: str) -> ImportedDocument:
    access.require(request.actor, Capability.CONFIGURE)
    return get_document(api)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Request, api: str) -> HttpResponse:
    """Show a document's operations; POST takes the choice, then the declarations."""
    document = _document(request, api)
    step = request.POST.get("step", "")
    if request.method != "POST" or step not in ("declare", "save"):
        return _listed(request, document)
    refused = ""
    stamp, keys = request.POST.get("read", ""), request.POST.getlist("operation")
    found = chosen_operations(document, keys, request.tenant)
    document = get_document(api)  # once more, as a worker may have replaced the operations just now
    if not is_as_read(document, stamp):
        found, stamp = chosen_operations(document, keys, request.tenant), document_stamp(document)
        if step == "declare" or not found.lines:
            return _listed(request, document, READ_AGAIN, keys)
        refused = _read_again(keys, found)
    if not found.lines or len(found.lines) > MOST_CHOSEN:
        return _listed(request, document, CHOOSE, keys)
    carried = {"stamp": stamp, "document": document}
    return declare_tools(
        request,
        found,
        found.lines,
        access_to(document),
        carried=carried,
        is_saved=step == "save",
        refused=refused,
    )


def _read_again(keys: list[str], found: ImportPage) -> str:
    """Return why what was typed is not saved, with the operations that are gone meanwhile."""
    gone = set(keys) - {line.operation.key for line in found.lines}
    return f"{READ_WITHOUT}{', '.join(sorted(gone))}." if gone else READ_AGAIN


def _listed(
    request: Request, document: ImportedDocument, problem: str = "", keys: list[str] | None = None
) -> HttpResponse:
    found = document_page(document, request.GET.get("q", ""), request.tenant)
    context = {
        "found": found,
        "document": document,
        "page": found.listed,
        "stamp": found.stamp,
        "chosen": set(keys or ()),
        "problem": problem,
    }
    return render(request, "tools/document.html", context, status=400 if problem else 200)


@require_POST
def again(request: Request, api: str) -> HttpResponse:
    """Request that a document is read again."""
    document = _document(request, api)
    try:
        read_again(document, actor=request.actor)
    except (Invalid, Conflict) as error:
        messages.error(request, error.message)
    return redirect("tools_document", api)


@require_safe
def state(request: Request, api: str) -> HttpResponse:
    """Lead a page that asks for itself to the document, once it is read; 204 until then."""
    document = _document(request, api)
    if document.reading_since is not None:
        return HttpResponse(status=204)
    return HttpResponse(headers={"HX-Refresh": "true"})
