"""Files that an item's mails send along, as people see them before they decide."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from approvals.models import Proposal
from approvals.rules.phrases import spelled_out
from portal.review.item.card import Bit, ShownAction
from tenants.errors import Invalid
from tenants.models import Revision
from tenants.text.sentences import joined_by_and
from workflows.tools import sources_attached
from workflows.tools.attachments import with_sizes


@dataclass(frozen=True, slots=True)
class ShownFile:
    """File of one action. ``size`` is in bytes; ``source`` and ``number`` name its revision."""

    name: str
    title: str
    source: str
    number: int
    size: int
    sha256: str


def with_files(actions: Iterable[ShownAction], proposals: Iterable[Proposal]) -> list[ShownAction]:
    """Return the actions with the files that they send along: those of the stored revisions.

    One query, none where no action sends a file.
    """
    wanted = {p.position: (_names(p), set(p.sources)) for p in proposals}
    pinned = {pk for names, sources in wanted.values() if names for pk in sources}
    if not pinned:
        return list(actions)
    found = list(with_sizes(Revision.objects.filter(pk__in=pinned)))
    files = {
        position: tuple(
            _shown(one)
            for name in names
            for one in found
            if one.source.name == name and str(one.pk) in sources
        )
        for position, (names, sources) in wanted.items()
    }
    return [replace(one, files=files.get(one.position, ())) for one in actions]


def with_file_names(effect: list[Bit], actions: Iterable[ShownAction]) -> list[Bit]:
    """Return the effect of an approval with a sentence of the files that go along, if any do."""
    names = [file.name for action in actions for file in action.files]
    if not names:
        return effect
    listed = joined_by_and(list(dict.fromkeys(names)))
    begins, ends = (
        (" The files ", " go along.") if len(names) > 1 else (" The file ", " goes along.")
    )
    return [*effect, Bit(begins), Bit(listed, strong=True), Bit(ends)]


def _names(proposal: Proposal) -> list[str]:
    try:
        return sources_attached(proposal.tool.adapter, proposal.args)
    except Invalid:  # of a former version of the tool; its arguments stand on the page
        return []


def _shown(found: Revision) -> ShownFile:
    size: int = found.size  # type: ignore[attr-defined]  # annotated
    return ShownFile(
        name=spelled_out(found.filename),
        title=found.source.title,
        source=found.source.name,
        number=found.number,
        size=size,
        sha256=found.sha256,
    )
