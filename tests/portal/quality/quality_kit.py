"""Visitors of the pages of approval quality, and what they find."""

from typing import Any

from django.db import transaction

from approvals.models import ReviewItem
from tenants.models import User
from tests.lanes import Lane
from tests.markup import Markup
from tests.portal.visiting import Visitor, visit


class Calm(Visitor):
    """A visitor whose refused requests leave the transaction of the test alone."""

    def get(self, path: str, **query: Any) -> Any:
        with transaction.atomic():
            return Visitor.get(self, path, **query)

    def post(self, path: str, **data: Any) -> Any:
        with transaction.atomic():
            return Visitor.post(self, path, **data)


def see(lane: Lane, user: User | None = None) -> Calm:
    found = visit(user or lane.client.owner, lane.client)
    return Calm(found.browser, found.slug)


def page(answer: Any) -> str:
    return Markup(answer.content.decode())


def done(lane: Lane, choice: str = "accept", **more: Any) -> ReviewItem:
    lane.start()
    item = lane.item()
    lane.decide(choice, **more)
    return ReviewItem.objects.get(pk=item.pk)


def everyone(lane: Lane) -> dict[str, User]:
    client, world = lane.client, lane.world
    return {
        "owner": client.owner,
        "approver": client.approver,
        "viewer": client.viewer,
        "operator": world.operator,
        "reviewer": world.reviewer,
        "admin": world.admin,
    }
