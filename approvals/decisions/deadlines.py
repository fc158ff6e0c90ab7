"""Deadlines of an item: a reminder at half of its time, the backup's turn, its expiry."""

from datetime import datetime, timedelta

from approvals.models import Policy, ReviewItem
from approvals.quality import planting
from approvals.review.services import close_item
from approvals.rules.policy_terms import PolicyTerms
from audit import outbox
from audit.services import record
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.business_hours import WorkingWeek
from tenants.db import unit_of_work
from tenants.models import Tenant
from tenants.models.tenant import LONGEST_TAKE_BACK
from tenants.scope import current_tenant_id

# A decision may be withdrawn this long; then the item waits again and its deadlines count.
LONGEST = timedelta(seconds=LONGEST_TAKE_BACK)
# The ``reason_code`` of an expired item whose policy wants an exception for a person.
OVERDUE = "overdue"
# Topics for the app that sends mail; it works out the recipients from the item.
REMINDED, ESCALATED = "item.reminded", "item.escalated"


def deadline(terms: PolicyTerms, opened: datetime, hours: float, week: WorkingWeek) -> datetime:
    """Return when an item expires: by the policy's working hours, else ``hours`` after opening."""
    if terms.hours is None:
        return opened + timedelta(hours=hours)
    return week.after(opened, terms.hours)


def next_action_at(
    terms: PolicyTerms, opened: datetime, due: datetime, after: datetime, week: WorkingWeek
) -> datetime:
    """Return the next time after ``after`` at which a reminder, escalation or expiry is due."""
    times = [at for at in (_half(terms, opened, due, week), _backup(terms, opened, week)) if at]
    return min([at for at in times if after < at < due], default=due)


def _half(terms: PolicyTerms, opened: datetime, due: datetime, week: WorkingWeek) -> datetime:
    if terms.hours is not None:
        return week.after(opened, terms.hours / 2)
    return opened + (due - opened) / 2


def _backup(terms: PolicyTerms, opened: datetime, week: WorkingWeek) -> datetime | None:
    if terms.backup is None or terms.backup_after is None:
        return None
    return week.after(opened, terms.backup_after)


def handle_expiry(claim: outbox.Claim) -> None:
    """Remind, escalate or close the item when that is due, and enqueue the next time.

    Handler of ``item.expire``. An item nobody decided in time is closed; expiry never approves.
    """
    item = ReviewItem.objects.shown().filter(pk=claim.object_id).first()
    if item is None:
        return
    now = clock.now()
    # A withdrawn decision would leave the item without a deadline, so this job comes back.
    if item.decided_at and now < item.decided_at + LONGEST:
        outbox.enqueue("item.expire", item.pk, due_at=item.decided_at + LONGEST)
    if item.status != "waiting":
        return
    if now >= item.due_at and item.planted:
        planting.close_planted(item, "Nobody decided in time.")
        return
    stored = Policy.objects.filter(pk=item.policy_id).first() if item.policy_id else None
    if now >= item.due_at:
        _expire(item, stored)
        return
    due = item.due_at
    if stored is not None:
        terms, week = stored.terms(), Tenant.objects.get(pk=current_tenant_id()).week
        _escalate_or_remind(item, terms, now, week)
        due = next_action_at(terms, item.opened_at, item.due_at, now, week)
    outbox.enqueue("item.expire", item.pk, due_at=due)


def _expire(item: ReviewItem, policy: Policy | None) -> None:
    why = "Nobody decided in time."
    close_item(item, "expired", verb=Verb.ITEM_EXPIRED, actor=SYSTEM, reason=why)
    if policy is not None and policy.at_end == "raise" and item.kind == "proposal":
        unit_of_work.update(item, {"reason_code": OVERDUE})


def _escalate_or_remind(
    item: ReviewItem, terms: PolicyTerms, now: datetime, week: WorkingWeek
) -> None:
    backup = _backup(terms, item.opened_at, week)
    if backup and now >= backup and item.escalated_at is None:
        unit_of_work.update(item, {"escalated_at": now})
        record(Verb.ITEM_ESCALATED, item, actor=SYSTEM)
        outbox.enqueue(ESCALATED, item.pk)
    half = _half(terms, item.opened_at, item.due_at, week)
    if now >= half and item.reminded_at is None:
        unit_of_work.update(item, {"reminded_at": now})
        record(Verb.ITEM_REMINDED, item, actor=SYSTEM)
        outbox.enqueue(REMINDED, item.pk)
