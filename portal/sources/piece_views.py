"""Views of one passage or record at the revision it was cited from, and of a revision's file."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from portal.request import Request
from portal.sources import page as sourcemap
from tenants.models import Revision, Source
from tenants.sources import selectors
from tenants.sources.revision_changes import revision_changes_between


@require_safe
def passage(request: Request, passage_id: UUID) -> HttpResponse:
    """Show one passage with its neighbours, and whether its revision is the newest."""
    found = selectors.get_passage(passage_id)
    near = {piece.position: piece for piece in selectors.neighbours(found)}
    context = {
        "piece": found,
        "before": near.get(found.position - 1),
        "after": near.get(found.position + 1),
        **_place(found.revision),
    }
    return render(request, "sources/passage.html", context)


@require_safe
def record_piece(request: Request, record_id: UUID) -> HttpResponse:
    """Show one record at its revision, and the same record today if a newer revision exists."""
    found = selectors.get_record(record_id)
    place = _place(found.revision)
    newest = None if place["is_newest"] else selectors.same_record(place["source"], found.key)
    context = {"piece": found, "cells": sourcemap.cells(found.data), "newest": newest, **place}
    return render(request, "sources/record.html", context)


@require_safe
def revision_file(request: Request, name: str, number: int) -> HttpResponse:
    """Send the file of one revision as it was uploaded, to be saved and not shown."""
    content, revision = selectors.get_file(selectors.get_source(name), number)
    return HttpResponse(
        content,
        content_type=revision.media_type,
        headers={
            "Content-Disposition": content_disposition_header(True, revision.filename),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_safe
def changes(request: Request, name: str, number: int) -> HttpResponse:
    """Show what one revision changed against the one before it; 404 for the first."""
    source = selectors.get_source(name)
    revision = selectors.get_revision(source, number)
    before = selectors.get_revision(source, number - 1)
    found = revision_changes_between(before, revision, source.kind)
    context = {
        "before": before,
        "changes": found,
        "shown": [sourcemap.change_shown(one) for one in found.shown],
        "may_verify": sourcemap.may_verify(source, request.actor),
        **_place(revision),
    }
    return render(request, "sources/changes.html", context)


def _place(revision: Revision) -> dict[str, Any]:
    """Return the context of a piece's source and revision."""
    source: Source = revision.source
    return {
        "source": source,
        "revision": revision,
        "entry": sourcemap.entry(source),
        "is_newest": revision.pk == source.revision_id,
    }
