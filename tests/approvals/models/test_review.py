"""The database lets a planted item neither be decided nor carried out."""

import pytest
from django.db import IntegrityError, transaction

from approvals.models import Proposal, ReviewItem
from tenants import clock
from tests.approvals.planting_kit import planted
from tests.lanes import Lane

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", ["approved", "executing", "executed", "rejected"])
def test_the_database_lets_no_planted_action_be_approved(lane: Lane, status: str) -> None:
    item = planted(lane)
    with pytest.raises(IntegrityError, match="planted_is_never_approved"), transaction.atomic():
        Proposal.objects.filter(item=item).update(status=status)


def test_the_database_lets_no_planted_item_be_decided(lane: Lane) -> None:
    item = planted(lane)
    with pytest.raises(IntegrityError, match="planted_is_never_decided"), transaction.atomic():
        ReviewItem.objects.shown().filter(pk=item.pk).update(
            status="decided", choice="accept", decided_at=clock.now()
        )
