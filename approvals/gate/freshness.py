"""Source revisions that a proposal uses are checked for being current and not stale."""

from collections.abc import Iterable, Mapping

from tenants.models import Revision, Source


def first_outdated(revision_ids: Iterable[str], sources: Mapping[str, Source] | None = None) -> str:
    """Return the title of the first source that was revised or went stale; empty if none was.

    ``sources`` maps revision ids to their sources, where the caller has read them already.
    """
    wanted = set(revision_ids)
    found = _sources_of(wanted) if sources is None else sources
    for revision_id in sorted(wanted):
        source = found.get(revision_id)
        if source is None:
            return "A source"
        if str(source.revision_id) != revision_id or source.is_stale:
            return str(source.title)
    return ""


def current_revisions(revision_ids: Iterable[str]) -> list[str]:
    """Return the ids of the current revisions of the sources that these revisions belong to."""
    return sorted({str(source.revision_id) for source in _sources_of(set(revision_ids)).values()})


def _sources_of(revision_ids: set[str]) -> dict[str, Source]:
    if not revision_ids:
        return {}
    # Deferred, as the original file may have 20 MB.
    found = Revision.objects.filter(pk__in=revision_ids).select_related("source").defer("original")
    return {str(revision.pk): revision.source for revision in found}
