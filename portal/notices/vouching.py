"""Notice that asks a source's owner to confirm a revision that another person uploaded."""

from portal.notices.enqueue import enqueue_notice
from tenants.models import Revision, Source

KIND = "source"


def ask_owner(source: Source, revision: Revision) -> None:
    """Enqueue one notice about this revision to the source's owner."""
    enqueue_notice(
        KIND,
        key=f"{KIND}:{revision.pk}",
        to=source.owner.email,
        object_id=revision.pk,
        person=source.owner_id,
    )
