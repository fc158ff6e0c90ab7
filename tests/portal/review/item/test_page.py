"""The page of one item asks for a fixed, small number of things, whatever there is to say."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import ReviewItem
from approvals.review.comments import comment
from approvals.review.presence import record_viewing
from tenants.models import User
from tenants.scope import tenant_scope
from tests.portal.review_kit import Visitor, ask, inside
from tests.world import Client, World, make_world

pytestmark = pytest.mark.django_db
MOST = 15
FRAME = ("SAVEPOINT", "RELEASE SAVEPOINT", "SELECT set_config(")  # of the tenant's scope


@pytest.fixture
def world() -> World:
    return make_world()


def queries(visitor: Visitor, path: str) -> list[str]:
    """What one page asks the database, without how its scope is entered and left."""
    with CaptureQueriesContext(connection) as captured:
        assert visitor.get(path).status_code == 200
    asked = [one["sql"].strip() for one in captured.captured_queries]
    return [sql for sql in asked if not sql.startswith(FRAME)]


def full(client: Client) -> ReviewItem:
    """An item that a policy fits: apart, signed by one of two, discussed, seen, with siblings."""
    owner, approver = inside(client), inside(client, client.approver)
    policy = {"kind": "refund", "over": "5", "needed": "2", "apart": "on", "who": "owner"}
    also = {"also": str(client.approver.pk), "hours": "8"}
    assert owner.post("/policies/add/", policy | {"needed": "1"} | also).status_code == 302
    owner.decide(ask(client), "reject", reason="tone")
    item = ask(client)
    ask(client)
    with tenant_scope(client.tenant.pk):
        comment(item.pk, "Is it so?", [client.owner.pk], actor=client.actor(client.approver))
        comment(item.pk, "It is.", actor=client.actor())
        record_viewing(item.pk, item.content_hash, actor=client.actor())
    edit = {"arg-0-amount": "40.00"}
    assert approver.decide(item, "correct", **edit).status_code == 302
    with tenant_scope(client.tenant.pk):
        return ReviewItem.objects.get(pk=item.pk)


@pytest.mark.parametrize("who", ["owner", "approver", "viewer"])
@pytest.mark.parametrize("query", ["", "?edit=1", "?kind=asked"])
def test_with_a_policy_that_fits_it_is_at_most_15(world: World, who: str, query: str) -> None:
    item = full(world.harbor)
    assert item.status == "waiting"
    visitor = inside(world.harbor, getattr(world.harbor, who))
    found = queries(visitor, f"/review/{item.pk}/{query}")
    assert len(found) <= MOST, "\n".join(sql[:150] for sql in found)


@pytest.mark.parametrize("who", ["owner", "approver", "viewer"])
@pytest.mark.parametrize("choice", ["", "reject", "accept"])
def test_with_roles_alone_and_when_it_is_decided_too(world: World, who: str, choice: str) -> None:
    client = world.harbor
    item = ask(client)
    if choice:
        inside(client).decide(item, choice, reason="tone" if choice == "reject" else "")
    found = queries(inside(client, getattr(client, who)), f"/review/{item.pk}/")
    assert len(found) <= MOST, "\n".join(sql[:150] for sql in found)


def test_it_does_not_grow_with_what_is_said_or_next_to_it(world: World) -> None:
    client = world.harbor
    item = full(client)
    few = len(queries(inside(client), f"/review/{item.pk}/"))
    with tenant_scope(client.tenant.pk):
        asking = client.actor(User.objects.get(pk=client.approver.pk))
        for number in range(20):
            comment(item.pk, f"Word {number}", [client.viewer.pk], actor=asking)
    for _ in range(5):
        ask(client)
    assert len(queries(inside(client), f"/review/{item.pk}/")) == few


@pytest.mark.parametrize("who", ["owner", "approver", "viewer"])
def test_an_exception_too(world: World, who: str) -> None:
    client = world.harbor
    ask(client, order_id="10414")  # over the never-rule's sum
    with tenant_scope(client.tenant.pk):
        stuck = ReviewItem.objects.get(kind="exception")
    found = queries(inside(client, getattr(client, who)), f"/review/{stuck.pk}/")
    assert len(found) <= MOST, "\n".join(sql[:150] for sql in found)


def test_staff_of_the_provider_too(world: World) -> None:
    item = full(world.harbor)
    found = queries(inside(world.harbor, world.operator), f"/review/{item.pk}/")
    assert len(found) <= MOST, "\n".join(sql[:150] for sql in found)
