"""Notices about events of an item: half of its time is over, escalated, no one may decide."""

from dataclasses import replace
from uuid import UUID

from approvals.models import ReviewItem
from approvals.queries import tenant_rules
from approvals.review.approval import ApprovalState, approval_state_of, policy_actions
from audit import outbox
from portal.notices.enqueue import enqueue_notice
from portal.notices.new_items import one_at_a_time, tell_once
from tenants.models import Assignment
from tenants.scope import current_tenant_id
from workflows.models import Workflow


def reminded(claim: outbox.Claim) -> None:
    """Handler of ``item.reminded``: enqueue a notice for each person who may still sign."""
    _tell(claim, "reminder")


def escalated(claim: outbox.Claim) -> None:
    """Handler of ``item.escalated``: enqueue a notice for each backup who has had none."""
    _tell(claim, "backup")


def stranded(claim: outbox.Claim) -> None:
    """Handler of ``item.stranded``: enqueue a mail for the workflow's owner and each operator."""
    item = item_still_waiting(claim)
    if item is None or item.stranded_at is None:
        return
    owner = Workflow.objects.select_related("owner").get(pk=item.workflow_id).owner
    staff = Assignment.objects.filter(
        tenant_id=current_tenant_id(), user__is_active=True, user__staff_role="operator"
    ).values_list("user__email", flat=True)
    for address in {owner.email, *staff}:
        key = f"stranded:{item.pk}:{item.stranded_at:%Y%m%dT%H%M%S}:{address}"
        enqueue_notice("stranded", key=key, to=address, object_id=item.pk)


def _tell(claim: outbox.Claim, kind: str) -> None:
    item = item_still_waiting(claim)
    standing = standing_now(item) if item else None
    if item is None or standing is None:
        return
    people = [one for one in standing.board.everyone if is_recipient(standing, one.id, kind)]
    if kind == "backup":
        # Locked: the check for new items may be about to send the same people the same item.
        one_at_a_time()
        for person in people:
            tell_once(kind, person, item.pk)
        return
    for person in people:
        key = f"{kind}:{item.pk}:{person.id}"
        enqueue_notice(kind, key=key, to=person.email, object_id=item.pk, person=person.id)


def is_recipient(standing: ApprovalState, person: UUID, kind: str) -> bool:
    """Whether a person gets the notice: may sign and has not; for "backup" only a backup.

    A backup may sign only because the item was escalated.
    """
    if not standing.may_sign(person) or person in standing.signed:
        return False
    before = replace(standing, board=replace(standing.board, escalated=False))
    return kind != "backup" or not before.may_sign(person)


def item_still_waiting(claim: outbox.Claim) -> ReviewItem | None:
    """Return the item of an outbox row, None if it no longer waits."""
    return ReviewItem.objects.filter(pk=claim.object_id, status="waiting").first()


def standing_now(item: ReviewItem) -> ApprovalState | None:
    """Return the approval state of an item by the tenant's present policies, None for no policy."""
    held = tenant_rules()
    proposals = item.proposals.filter(status="proposed")
    return approval_state_of(item, policy_actions(proposals), held.policies)
