"""Attempts at a step are numbered once for texts and actions, for exceptions, and for undos."""

from itertools import product

from django.db import IntegrityError, transaction

from approvals.models import ReviewItem
from tenants import clock
from tenants.ids import uuid7
from tests.lanes import Lane

KINDS = ("draft", "recommendation", "proposal", "exception", "undo")
TEXT_AND_ACTIONS = {"draft", "recommendation", "proposal"}


def item(lane: Lane, step: str, kind: str, *, planted: bool = False) -> ReviewItem:
    """The first attempt at a step of the lane's run, not stored yet."""
    return ReviewItem(
        id=uuid7(),
        workflow_id=lane.workflow.pk,
        workflow_name="Refunds",
        version=1,
        run_id=lane.run().pk,
        step=step,
        kind=kind,
        planted=planted,
        title="A",
        asked_by="Mia",
        due_at=clock.now(),
    )


def try_to_store(item: ReviewItem) -> bool:
    """Whether the database takes the item."""
    try:
        with transaction.atomic():
            item.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def test_an_attempt_is_one_item_of_its_sort(lane: Lane) -> None:
    lane.start()
    for first, second in product(KINDS, KINDS):
        step = f"{first}_{second}"
        assert try_to_store(item(lane, step, first))
        same_sort = first == second or {first, second} <= TEXT_AND_ACTIONS
        assert try_to_store(item(lane, step, second)) is not same_sort, step


def test_planted_copies_stand_beside_the_item_and_each_other(lane: Lane) -> None:
    lane.start()
    assert try_to_store(item(lane, "reply", "draft"))
    assert try_to_store(item(lane, "reply", "draft", planted=True))
    assert try_to_store(item(lane, "reply", "draft", planted=True))
