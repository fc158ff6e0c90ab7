"""Mail that tells a workflow's owner that its mailbox can't be read."""

from zoneinfo import ZoneInfo

from audit.verbs import Verb
from portal.links import Links, outside
from portal.notices.kinds import Letter, NotWanted
from portal.notices.models import Notice
from portal.notices.render import inlined, rendered
from tenants.models import Provider, Tenant
from tenants.scope import current_tenant_id
from workflows.triggers import selectors

SENT = Verb.MAIL_SENT


def write(notice: Notice) -> Letter:
    """Write the mail. Raises NotWanted if the mailbox works again or the owner is another."""
    found = selectors.trigger_of_alarm(notice.object_id)
    if found is None:
        raise NotWanted("The mailbox can be read again.")
    if found.workflow.owner.email != notice.to:
        raise NotWanted("The workflow has another owner now.")
    tenant, mailbox = Tenant.objects.get(pk=current_tenant_id()), found.mailbox
    since = (mailbox.worked_at or mailbox.made_at).astimezone(ZoneInfo(tenant.timezone))
    context = {
        "tenant": tenant.name,
        "provider": Provider.objects.get().name,
        "workflow": found.workflow.title,
        "address": mailbox.address,
        "problem": mailbox.problem,
        "since": f"{since:%A %-d %B, %H:%M} ({tenant.timezone})",
        "link": Links(outside(tenant.slug)).page("workflow", found.workflow.slug),
    }
    return Letter(
        subject=f"{tenant.name}: mail to {mailbox.address} can't be read",
        text=rendered("email/mailbox.txt", context),
        html=inlined("email/mailbox.html", context),
        sender=context["provider"],
    )
