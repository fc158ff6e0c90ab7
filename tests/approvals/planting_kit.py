"""A planted mistake in tests: an item that was decided, its copy, and an answer to it."""

from typing import Any

from approvals.decisions.services import Choice, decide
from approvals.models import Planted, ReviewItem
from approvals.quality.consent import agree_to_planting
from approvals.quality.planting import PlantedMistake
from tests.lanes import Lane
from workflows.services.planting import plant_mistake

WRONG = {0: {"amount": {"value": 14820, "currency": "USD"}}}
WORDS = "the amount was $148 instead of $48.20"


def done(lane: Lane, choice: str = "accept", **more: Any) -> ReviewItem:
    """An item that was decided, its run over."""
    lane.start()
    item = lane.item()
    lane.decide(choice, **more)
    return ReviewItem.objects.get(pk=item.pk)


def agree(lane: Lane) -> None:
    agree_to_planting(actor=lane.client.actor())


def put(lane: Lane, item: ReviewItem, args: dict[int, Any] | None = None, **more: Any) -> Planted:
    mistake = PlantedMistake(
        **{"words": WORDS, "draft": None, "args": WRONG if args is None else args, **more}
    )
    return plant_mistake(item.pk, mistake, actor=lane.world.staff(lane.client))


def planted(lane: Lane) -> ReviewItem:
    agree(lane)
    found = put(lane, done(lane))
    return ReviewItem.objects.shown().get(pk=found.item_id)


def answer(lane: Lane, item: ReviewItem, choice: str = "accept", **more: Any) -> Planted:
    chosen = Choice(choice, item.content_hash, **more)
    made = decide(item.pk, chosen, actor=lane.client.actor())
    assert isinstance(made, Planted)
    return made
