"""Mail that invites a person into a tenant."""

from zoneinfo import ZoneInfo

from django.conf import settings

from audit.verbs import Verb
from portal.notices.kinds import Letter, NotWanted
from portal.notices.models import Notice
from portal.notices.render import inlined, rendered
from tenants import clock, roles
from tenants.models import Invitation, Provider
from tenants.scope import current_tenant_id
from tenants.services.people import invitation_token

SENT = Verb.MAIL_SENT


def write(notice: Notice) -> Letter:
    """Write the invitation with a link signed now, so that no secret is stored.

    Raises NotWanted where it was accepted, withdrawn or has expired.
    """
    invitation = (
        Invitation.objects.select_related("tenant", "invited_by")
        .filter(pk=notice.object_id, tenant_id=current_tenant_id())
        .first()
    )
    if invitation is None or invitation.accepted_at or invitation.withdrawn_at:
        raise NotWanted("The invitation was used or withdrawn.")
    if invitation.expires_at <= clock.now():
        raise NotWanted("The invitation had run out.")
    provider = Provider.objects.get().name
    until = invitation.expires_at.astimezone(ZoneInfo(invitation.tenant.timezone))
    context = {
        "invitation": invitation,
        "tenant": invitation.tenant.name,
        "by": invitation.invited_by.get_full_name(),
        "role": roles.CLIENT_ROLES[invitation.role],
        "provider": provider,
        "link": invitation_link(invitation),
        "until": f"{until:%A %-d %B, %H:%M} ({invitation.tenant.timezone})",
    }
    return Letter(
        subject=f"{context['by']} invites you to {invitation.tenant.name}",
        text=rendered("email/invitation.txt", context),
        html=inlined("email/invitation.html", context),
        sender=provider,
    )


def invitation_link(invitation: Invitation) -> str:
    """Return the URL that accepts an invitation, with a token signed at this call."""
    return f"{settings.BASE_URL}/invitations/{invitation_token(invitation)}/"
