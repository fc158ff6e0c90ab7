"""Items that nobody may decide any more: people left, changed role, or are all set apart.

Silence would look like work in hand, so it is an alarm: on the record, on the provider's
desk, and a mail to the workflow's owner and to the staff who look after the client.
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
    """Mark the waiting items of the tenant that nobody may decide; how many were new.

    Those that somebody may decide again lose the mark. Only items that a policy fits are
    looked at: without one an owner decides, and there is always an owner.
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
    """Say that nobody may decide an item."""
    record(Verb.ITEM_STRANDED, item, actor=SYSTEM)
    outbox.enqueue(STRANDED, item.pk)
