"""Notice that asks a source's owner to confirm a revision that another person uploaded."""

from audit import outbox
from portal.notices.enqueue import enqueue_notice
from tenants.models import Revision

KIND = "source"


def ask_owner(claim: outbox.Claim) -> None:
    """Handler of ``source.uploaded``: enqueue one notice about a revision to the source's owner."""
    rows = Revision.objects.select_related("source__owner").defer("original")
    revision = rows.filter(pk=claim.object_id).first()
    if revision is None:
        return
    enqueue_notice(
        KIND,
        key=f"{KIND}:{revision.pk}",
        to=revision.source.owner.email,
        object_id=revision.pk,
        person=revision.source.owner_id,
    )
