"""Notices to people: each is enqueued once, and its text is written when it is sent.

A kind of notice is a module in ``portal/notices/kinds/``, found by its name.
"""

from django.db.models import QuerySet

from audit import outbox
from portal.notices.enqueue import enqueue_notice
from portal.notices.models import Notice
from portal.reports.models import Report
from tenants import clock
from tenants.models import Invitation, Membership
from tenants.scope import current_tenant_id
from workflows.triggers import selectors as triggers


def send_invitation(invitation: Invitation, *, again: bool = False) -> Notice:
    """Enqueue the mail of an invitation, once; with ``again`` once more, at most once a minute."""
    key = f"invitation:{invitation.pk}"
    if again:
        key += f":{clock.now():%Y%m%dT%H%M}"  # two clicks within a minute send one mail
    return enqueue_notice("invitation", key=key, to=invitation.email, object_id=invitation.pk)


def send_report(report: Report) -> list[Notice]:
    """Enqueue one mail with this report for every owner of the tenant."""
    return [
        enqueue_notice(
            "report",
            key=f"report:{report.week}:{owner.user_id}",
            to=owner.user.email,
            object_id=report.pk,
        )
        for owner in owners()
    ]


def mailbox_failing(claim: outbox.Claim) -> None:
    """Handler of ``mailbox.failing``: enqueue one mail an alarm for the workflow's owner."""
    found = triggers.trigger_of_alarm(claim.object_id)
    if found is not None:
        key = f"mailbox:{claim.object_id}:{found.mailbox.alarmed_at:%Y%m%dT%H%M%S}"
        enqueue_notice("mailbox", key=key, to=found.workflow.owner.email, object_id=claim.object_id)


def owners() -> QuerySet[Membership]:
    """Return the active owners of the current tenant."""
    return Membership.objects.filter(
        tenant_id=current_tenant_id(), role="owner", is_active=True, user__is_active=True
    ).select_related("user")
