"""The contributions to an item: who edited it or agreed to it before it was decided, in order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from approvals.models import ItemRevision, ReviewItem, SignOff

EDITED, AGREED, AGREED_BEFORE = "edited it", "approved it", "approved what it said before"


@dataclass(frozen=True, slots=True)
class Contribution:
    """One person's part in a decision; ``did`` is a verb with its object."""

    by: str
    at: datetime
    did: str

    def sentence(self) -> str:
        """Return the contribution as a sentence without its full stop."""
        return f"{self.by} {self.did}"


def contributions_of(items: Iterable[ReviewItem]) -> dict[UUID, list[Contribution]]:
    """Return the contributions by item id: one for each edit and each sign-off.

    A sign-off of content before a later edit is marked as such. Two queries, none where no item has
    a policy.
    """
    under_policy = {item.pk: item for item in items if item.policy_id is not None}
    found: dict[UUID, list[Contribution]] = {pk: [] for pk in under_policy}
    if not found:
        return {}
    edits = ItemRevision.objects.filter(item__in=found).select_related("changed_by")
    for edit in edits:
        found[edit.item_id].append(Contribution(str(edit.changed_by), edit.changed_at, EDITED))
    for one in SignOff.objects.filter(item__in=found).select_related("by"):
        is_last = one.content_hash == under_policy[one.item_id].content_hash
        found[one.item_id].append(
            Contribution(str(one.by), one.at, AGREED if is_last else AGREED_BEFORE)
        )
    return {
        pk: sorted(contributions, key=lambda contribution: contribution.at)
        for pk, contributions in found.items()
    }
