"""Mail with the weekly report, to an owner of the tenant."""

from audit.verbs import Verb
from portal.links import Links, outside
from portal.notices.kinds import Letter, NotWanted
from portal.notices.models import Notice
from portal.notices.render import inlined, rendered
from portal.reports import present
from portal.reports.models import Report
from tenants.models import Membership, Tenant
from tenants.scope import current_tenant_id

SENT = Verb.REPORT_SENT


def write(notice: Notice) -> Letter:
    """Write the mail from the report's frozen numbers. Raises NotWanted for a former owner."""
    report = Report.objects.defer("items").get(pk=notice.object_id)
    wanted = Membership.objects.filter(
        tenant_id=current_tenant_id(),
        user__email=notice.to,
        user__is_active=True,
        role="owner",
        is_active=True,
    )
    if not wanted.exists():
        raise NotWanted("They are no owner of the business any more.")
    tenant = Tenant.objects.get(pk=current_tenant_id())
    shown = present.page(report.numbers, report.week, Links(outside(tenant.slug)))
    return Letter(
        subject=f"{tenant.name}: {shown['headline_text']}",
        text=rendered("email/report.txt", shown),
        html=inlined("email/report.html", shown),
        sender=report.numbers["provider"],
    )
