"""The database keeps one decision of a round and one live permit of an action."""

import pytest
from django.db import transaction
from django.db.utils import DatabaseError

from approvals.models import Permit, ReviewItem
from tests.lanes import Lane


def test_the_database_allows_one_live_permit_and_one_decision(lane: Lane) -> None:
    lane.start()
    decision = lane.say()
    permit = Permit.objects.get(proposal__step="refund")
    second = Permit.objects.get(pk=permit.pk)
    second.pk = None
    second.id = ReviewItem._meta.pk.default()  # type: ignore[union-attr,misc]
    with pytest.raises(DatabaseError, match="one_live_permit"), transaction.atomic():
        second.save(force_insert=True)
    decision.id = ReviewItem._meta.pk.default()  # type: ignore[union-attr,misc]
    with pytest.raises(DatabaseError, match="decided_once"), transaction.atomic():
        decision.save(force_insert=True)
    with pytest.raises(DatabaseError, match="redeemed_means"), transaction.atomic():
        Permit.objects.update(status="redeemed")
    with pytest.raises(DatabaseError, match="decided_means"), transaction.atomic():
        ReviewItem.objects.update(choice="")
