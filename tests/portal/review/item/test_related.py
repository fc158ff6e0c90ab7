"""What is next to an item: others of its run, and others its customer asked for."""

from typing import Any

import pytest

from approvals.models import ReviewItem
from approvals.review.sidebar import customer
from audit import outbox
from tenants.scope import tenant_scope
from tests.portal.review.item.test_content import propose
from tests.portal.review_kit import inside, text
from tests.world import DEFINITION, REQUEST, Client, World, make_world
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

pytestmark = pytest.mark.django_db
WITH_A_NOTE = (
    DEFINITION.replace("refund-replies", "with-a-note")
    + """
  - name: note
    needs: [reply]
    act:
      tool: mail.send
      args: {to: "'office@harbor-pine.example'", subject: "'A refund'", body: "'Somebody asks.'"}
"""
)
MIA, THEO = "mia@customers.example", "theo@customers.example"


@pytest.fixture
def world() -> World:
    return make_world()


def asks(client: Client, who: str, trigger: str = "mail", **changed: Any) -> ReviewItem:
    """The item that comes of one request."""
    with tenant_scope(client.tenant.pk):
        given = REQUEST | changed
        start_run(client.workflow, input=given, trigger=trigger, actor=client.actor(), asked_by=who)
        outbox.drain()
        return ReviewItem.objects.order_by("-id")[0]


def beside(client: Client, item: ReviewItem) -> str:
    """The part of the page next to the item."""
    return text(inside(client).get(f"/review/{item.pk}/")).partition('aria-label="Evidence"')[2]


def test_others_of_the_same_customer_say_how_they_stand(world: World) -> None:
    client = world.harbor
    item, waits = asks(client, MIA), asks(client, MIA, order_id="10413")
    theirs, decided = asks(client, THEO), asks(client, MIA)
    foreign = asks(world.quill, MIA)
    inside(client).decide(decided, "reject", reason="duplicate")
    page = beside(client, item)
    assert f'From <span class="as-is">{MIA}<' in page
    assert f'/review/{waits.pk}/">Refund $99.00 to Theo Lang' in page
    assert "waits, due in" in page
    assert f"/review/{decided.pk}/" in page
    assert "rejected, " in page
    for other in (theirs, foreign, item):
        assert f"/review/{other.pk}/" not in page


def test_at_most_five_wait_and_the_rest_is_a_search_away(world: World) -> None:
    client = world.harbor
    item, *others = [asks(client, MIA) for _ in range(7)]
    page = beside(client, item)
    assert sum(f"/review/{one.pk}/" in page for one in others) == 5
    assert "?who=everyone&amp;q=mia%40customers.example" in page
    found = text(inside(client).get(f"/review/?who=everyone&q={MIA}"))
    assert all(f"/review/{one.pk}/" in found for one in others)


@pytest.mark.parametrize(
    ("trigger", "who"),
    [
        ("schedule", "Schedule: every day"),
        ("api", "API key shop"),  # the key named nobody
        ("person", "Owner Harbor & Pine"),
        ("workflow", MIA),
    ],
)
def test_what_no_customer_asked_for_has_no_customers_items(
    world: World, trigger: str, who: str
) -> None:
    client = world.harbor
    item, _ = asks(client, who, trigger), asks(client, who, trigger)
    assert customer(item) == ""
    assert "From " not in beside(client, item)


def test_a_person_named_by_the_clients_system_is_a_customer(world: World) -> None:
    client = world.harbor
    item, other = asks(client, "Mia Chen", "api"), asks(client, "Mia Chen", "api")
    assert customer(item) == "Mia Chen"
    assert f"/review/{other.pk}/" in beside(client, item)


def test_others_of_the_same_run_whatever_became_of_them(world: World) -> None:
    client = world.harbor
    with tenant_scope(client.tenant.pk):
        actor = world.staff(client)
        client.workflow = make_workflow(text=WITH_A_NOTE, owner=client.owner, actor=actor)
    asks(client, MIA, order_id="10414")  # over the never-rule's sum: an exception comes too
    with tenant_scope(client.tenant.pk):
        stuck = ReviewItem.objects.get(kind="exception")
        item = ReviewItem.objects.exclude(pk=stuck.pk).get()
    assert f"/review/{stuck.pk}/" in beside(client, item)
    page = beside(client, stuck)
    assert "Of the same run" in page
    assert f"/review/{item.pk}/" in page


def test_one_alone_says_nothing_of_others(world: World) -> None:
    item = propose(world.harbor, "mail.send", {"to": MIA, "subject": "Hi", "body": "Hello."})
    page = beside(world.harbor, item)
    assert "Of the same run" not in page
    assert "From " not in page
