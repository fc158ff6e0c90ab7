"""Notice that asks a source's owner to confirm a revision another person uploaded."""

from audit.verbs import Verb
from portal.links import Links, outside
from portal.notices.kinds import Letter, NotWanted
from portal.notices.models import Notice
from portal.notices.render import inlined, rendered
from tenants.models import Provider, Revision, Tenant
from tenants.scope import current_tenant_id

SENT = Verb.MAIL_SENT


def write(notice: Notice) -> Letter:
    """Write the notice.

    Raises NotWanted where the revision was confirmed or replaced, or the owner is another.
    """
    found = (
        Revision.objects.select_related("source__owner", "added_by")
        .defer("original")
        .filter(pk=notice.object_id)
        .first()
    )
    if found is None or found.source.revision_id != found.pk or found.source.confirmed_by_id:
        raise NotWanted("It was confirmed, or replaced.")
    if found.source.owner_id != notice.person_id:
        raise NotWanted("Somebody else vouches for it now.")
    tenant = Tenant.objects.get(pk=current_tenant_id())
    context = {
        "tenant": tenant.name,
        "provider": Provider.objects.get().name,
        "title": found.source.title,
        "filename": found.filename,
        "by": str(found.added_by),
        "link": Links(outside(tenant.slug)).page("source", found.source.name),
    }
    said = f"{found.added_by} uploaded “{found.source.title}”"
    return Letter(
        subject=f"{tenant.name}: is this true? {said}",
        text=rendered("email/source.txt", context),
        html=inlined("email/source.html", context),
        sender=context["provider"],
        brief=f"{said}. Please confirm that it is true.",
        link=context["link"],
    )
