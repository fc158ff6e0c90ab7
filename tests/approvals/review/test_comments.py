"""Colleagues are asked about an item and answer; that decides nothing."""

from uuid import UUID

import pytest
from django.db.utils import ProgrammingError

from approvals.models import Comment
from approvals.review.comments import LONGEST, comment
from tenants.actors import Actor
from tenants.errors import Forbidden, Invalid, NotFound
from tenants.ids import uuid7
from tenants.models import Membership
from tenants.scope import tenant_scope
from tenants.services.people import end_membership
from tests.portal.review_kit import ask
from tests.world import Client, World, make_world

pytestmark = pytest.mark.django_db
QUESTION = "Is $48.20 right for her?"


@pytest.fixture
def world() -> World:
    return make_world()


def membership(client: Client) -> UUID:
    return Membership.objects.get(user=client.viewer, tenant=client.tenant).pk


def test_who_may_not_be_asked_and_who_may_not_ask(world: World) -> None:
    client = world.harbor
    item = ask(client)
    theirs = ask(world.quill)
    key = Actor("key", uuid7(), "API key shop", "key", client.actor().capabilities)
    with tenant_scope(client.tenant.pk):
        end_membership(membership(client), actor=client.actor())
        for person in (client.viewer.pk, world.quill.owner.pk, world.operator.pk, uuid7()):
            with pytest.raises(Invalid, match="belong to this business now"):
                comment(item.pk, QUESTION, [person], actor=client.actor())
        with pytest.raises(Invalid, match="somebody else than yourself"):
            comment(item.pk, QUESTION, [client.owner.pk], actor=client.actor())
        with pytest.raises(Invalid, match="at most 2,000"):
            comment(item.pk, "a" * (LONGEST + 1), [client.approver.pk], actor=client.actor())
        with pytest.raises(Forbidden):
            comment(item.pk, QUESTION, [client.approver.pk], actor=key)
        with pytest.raises(NotFound):
            comment(theirs.pk, QUESTION, [client.approver.pk], actor=client.actor())
        comment(item.pk, "a" * LONGEST, [client.approver.pk], actor=client.actor())
        comment(item.pk, "We look after it.", actor=world.staff(client))
        with pytest.raises(ProgrammingError):  # what was said is never changed
            Comment.objects.update(text="Something else")
