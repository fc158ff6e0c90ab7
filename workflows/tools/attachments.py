"""Attachments of mails: files of the source map that a tool may send along.

A mail's ``attachments`` are names of sources. Its tool's setting of that name says which it may
send; without it none. What is sent is the revision that was approved, byte for byte.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import F, IntegerField, QuerySet
from django.db.models.functions import Length

from approvals.models import Proposal
from approvals.rules.phrases import has_hidden
from tenants.errors import Invalid
from tenants.models import Revision
from workflows.tools import AttachedFile, sources_attached

ARGUMENT = "attachments"
MOST = 10
LARGEST = (
    10_000_000  # bytes together; mail servers take 20 MB or more, in an encoding a third longer
)
# Encoded words (RFC 2047), which a mail program decodes to another text than reviewers saw.
ENCODED_WORD = re.compile(r"=\?[^?]*\?[bq]\?", re.IGNORECASE)
NOT_NAMES = f"attachments are the names of up to {MOST} sources, each once."


def attached_sources(args: dict[str, Any]) -> list[str]:
    """Return the names of the sources whose files go along with a mail. Raises Invalid."""
    names = args.get(ARGUMENT)
    if names is None:
        return []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Invalid(NOT_NAMES, code="bad_value")
    if len(names) > MOST or len(set(names)) < len(names):
        raise Invalid(NOT_NAMES, code="bad_value")
    return names


def check_allowed(settings: dict[str, Any]) -> None:
    """Raise Invalid unless a tool's setting ``attachments`` is a list of names."""
    allowed = settings.get(ARGUMENT, [])
    if not isinstance(allowed, list) or not all(isinstance(name, str) for name in allowed):
        said = "attachments is the list of the sources that may be sent along, as [price-list]."
        raise Invalid(said, code="bad_settings")


def check_attachments(settings: dict[str, Any], args: dict[str, Any]) -> list[AttachedFile]:
    """Return the files that would go along, without their content. One query, none without any.

    Raises Invalid for a source that the tool may not send, that is not there, has no file or is
    stale, and for files that are too large together.
    """
    names = attached_sources(args)
    allowed = settings.get(ARGUMENT, [])
    for name in names:
        if name not in allowed:
            said = f"The source “{name[:60]}” may not be attached to these mails."
            raise Invalid(said, code="bad_value")
    found = {one.source.name: one for one in current_files(names)} if names else {}
    for name in names:
        if name not in found:
            raise Invalid(f"The source {name[:60]} has no file to attach.", code="bad_value")
        if why := found[name].source.unused_because:
            said = f"{found[name].source.title} is not attached: {why[0].lower()}{why[1:]}."
            raise Invalid(said, code="bad_value")
        filename = found[name].filename
        if not filename or has_hidden(filename) or ENCODED_WORD.search(filename):
            said = f"The file of {found[name].source.title} has a name that can't be shown plainly."
            raise Invalid(f"{said} Upload it under another one.", code="bad_value")
    if sum(one.size for one in found.values()) > LARGEST:
        raise Invalid("The attached files have more than 10 MB together.", code="size")
    return [AttachedFile(found[name].filename, found[name].media_type, b"") for name in names]


def current_files(names: Iterable[str]) -> QuerySet[Revision, Any]:
    """Return the current revisions of these sources, each with its ``size`` and no content."""
    rows = Revision.objects.filter(source__name__in=names, source__revision=F("pk"))
    return with_sizes(rows)


def with_sizes(rows: QuerySet[Revision]) -> QuerySet[Revision, Any]:
    """Return revisions with their sources and their ``size`` in bytes, without their content."""
    # Postgres knows a file's length without reading the file.
    sized = rows.annotate(size=Length("original", output_field=IntegerField()))
    return sized.select_related("source").defer("original")


def approved_files(proposal: Proposal) -> tuple[AttachedFile, ...]:
    """Return the files that an approved action sends along. One query, none without any.

    Raises Invalid where a source has not exactly one revision among those that were approved.
    """
    names = sources_attached(proposal.tool.adapter, proposal.args)
    if not names:
        return ()
    rows = Revision.objects.filter(pk__in=proposal.sources, source__name__in=names)
    found: dict[str, list[Revision]] = {}
    for one in rows.select_related("source"):
        found.setdefault(one.source.name, []).append(one)
    if any(len(found.get(name, ())) != 1 for name in names):
        raise Invalid("The attached files are not those that were approved.", code="changed")
    return tuple(
        AttachedFile(one.filename, one.media_type, bytes(one.original))
        for one in (found[name][0] for name in names)
    )
