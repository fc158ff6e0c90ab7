"""Recipients of waiting items: the people who are to decide each, from one reading of people."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from approvals import queries
from approvals.models import ReviewItem, SignOff, Snooze
from approvals.review.approval import board_from
from approvals.rules.policy_terms import Group, Person
from tenants import clock

BY_ROLES = Group(roles=("owner", "approver"))


def recipients_of(
    items: Iterable[ReviewItem], people: queries.People
) -> Iterator[tuple[ReviewItem, set[UUID]]]:
    """Yield each item with the ids of those who may sign it now, have not signed and not snoozed
    it.

    Prefetch the items' ``revisions``. Two queries, however many items.
    """
    found = list(items)
    signed, snoozed = _signed(found), _snoozed(found)
    policies = {terms.id: terms for terms in people.policies}
    for item in found:
        terms = policies.get(item.policy_id) if item.policy_id else None
        if terms is None:
            recipients = BY_ROLES.members(people.as_of(item.workflow_id))
        else:
            board = board_from(people, item, terms)
            recipients = set().union(*board.eligible(terms))
        not_now = snoozed.get(item.pk, set()) | signed.get((item.pk, item.content_hash), set())
        yield item, recipients - not_now


def people_by_id(people: queries.People) -> dict[UUID, Person]:
    """Return the client's people by their ids."""
    return {person.id: person for person, _ in people.everyone}


def _signed(items: list[ReviewItem]) -> dict[tuple[UUID, str], set[UUID]]:
    found: dict[tuple[UUID, str], set[UUID]] = {}
    under_policy = [item.pk for item in items if item.policy_id]
    rows = SignOff.objects.filter(item_id__in=under_policy).values_list(
        "item_id", "content_hash", "by_id"
    )
    for item_id, content, by in rows:
        found.setdefault((item_id, content), set()).add(by)
    return found


def _snoozed(items: list[ReviewItem]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = {}
    rows = Snooze.objects.filter(item__in=items, until__gt=clock.now())
    for item_id, person in rows.values_list("item_id", "person_id"):
        found.setdefault(item_id, set()).add(person)
    return found
