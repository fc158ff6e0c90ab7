"""Orphaned items are waiting items that no person may decide any more.

That happens when people leave, change role, or are all set apart. An orphan is reported on the
record, on the provider's desk, and by mail to the workflow's owner and the staff assigned to the
tenant, because otherwise it would look like any waiting item.
"""

from approvals import queries
from approvals.models import ReviewItem
from approvals.review.approval import board_from, policy_actions
from approvals.rules.policy_terms import fitting
from audit import outbox
from audit.services import record
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work

STRANDED = "item.stranded"
AT_ONCE = 500


def mark_orphans() -> int:
    """Mark the tenant's waiting items that nobody may decide; return how many are new.

    Items that a person may decide again lose the mark. Only items with a policy are checked:
    without one an owner decides, and there is always an owner.
    """
    waiting = ReviewItem.objects.filter(status="waiting", policy_id__isnull=False)
    items = waiting.prefetch_related("proposals", "revisions").order_by("due_at", "id")
    found = list(items[:AT_ONCE])
    people = queries.people() if found else None
    new = 0
    for item in found:
        assert people is not None
        acts = policy_actions(p for p in item.proposals.all() if p.status == "proposed")
        terms = fitting(people.policies, item.workflow_id, acts)
        possible = terms is None or board_from(people, item, terms).is_possible(terms)
        if possible == (item.stranded_at is None):
            continue
        unit_of_work.update(item, {"stranded_at": None if possible else clock.now()})
        if not possible:
            report_orphan(item)
            new += 1
    return new


def report_orphan(item: ReviewItem) -> None:
    """Record that nobody may decide an item, and enqueue the mail about it."""
    record(Verb.ITEM_STRANDED, item, actor=SYSTEM)
    outbox.enqueue(STRANDED, item.pk)
