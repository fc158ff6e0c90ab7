"""Whether what a proposal rests on is still the current truth."""

from collections.abc import Iterable

from tenants.models import Revision


def not_current(revision_ids: Iterable[str]) -> str:
    """The title of the first source that has moved on or gone stale; empty if none has."""
    wanted = set(revision_ids)
    if not wanted:
        return ""
    found = Revision.objects.filter(pk__in=wanted).select_related("source")
    for revision in found:
        if revision.source.revision_id != revision.pk or revision.source.is_stale:
            return str(revision.source.title)
    return "" if len(found) == len(wanted) else "A source"


def current_of(revision_ids: Iterable[str]) -> list[str]:
    """Ids of the current revisions of the sources these revisions belong to."""
    found = Revision.objects.filter(pk__in=set(revision_ids)).select_related("source")
    return sorted({str(revision.source.revision_id) for revision in found})
