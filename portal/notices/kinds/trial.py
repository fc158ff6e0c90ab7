"""Trial notice: it shows a person how notices reach them."""

from audit.verbs import Verb
from portal.links import Links, outside
from portal.notices.kinds import Letter
from portal.notices.models import Notice
from portal.notices.render import inlined, rendered
from tenants.models import Provider, Tenant
from tenants.scope import current_tenant_id

SENT = Verb.MAIL_SENT


def write(notice: Notice) -> Letter:
    """Write the notice: one sentence and a link to the person's settings. It counts as urgent."""
    tenant = Tenant.objects.get(pk=current_tenant_id())
    context = {
        "tenant": tenant.name,
        "provider": Provider.objects.get().name,
        "link": Links(outside(tenant.slug)).notices(),
    }
    return Letter(
        subject=f"{tenant.name}: this is how notices reach you",
        text=rendered("email/trial.txt", context),
        html=inlined("email/trial.html", context),
        sender=context["provider"],
        brief="This is how notices reach you.",
        link=context["link"],
        is_urgent=True,
    )
