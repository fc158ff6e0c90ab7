"""Exceptions that are the provider's to mend: staff are told first, the client in time."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from approvals.decisions.services import Choice, decide
from approvals.models import ReviewItem
from audit import outbox
from portal.notices import mending, new_items
from portal.notices.kinds import mend
from portal.notices.models import Notice
from tenants import clock
from tenants.models import Assignment
from tenants.scope import tenant_scope
from tests.lanes import NOON
from tests.portal.notices.notices_kit import hear_again, look
from tests.portal.review_kit import ask
from tests.world import Client, World, make_world
from workflows.services import exceptions

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[World]:
    with clock.at(NOON):
        made = make_world()
        hear_again(made)
        yield made


def stop_at_the_host(client: Client, order: str = "10412") -> ReviewItem:
    """The approved refund is not made, as its host is not allowed any more."""
    item = ask(client, order_id=order)
    with tenant_scope(client.tenant.pk):
        decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())
        type(client.tenant).objects.filter(pk=client.tenant.pk).update(allowed_hosts=[])
        outbox.drain()
        type(client.tenant).objects.filter(pk=client.tenant.pk).update(
            allowed_hosts=client.tenant.allowed_hosts
        )
        return ReviewItem.objects.filter(kind="exception").latest("id")


def told(client: Client, kind: str = "mend") -> list[str]:
    with tenant_scope(client.tenant.pk):
        found = Notice.objects.filter(kind=kind).order_by("id")
        return list(found.values_list("to", flat=True))


def told_of(client: Client, item: ReviewItem) -> set[str]:
    with tenant_scope(client.tenant.pk):
        found = Notice.objects.filter(told__item_id=item.pk).exclude(kind="mend")
        return set(found.values_list("to", flat=True))


def test_staff_are_told_at_once_and_the_client_after_two_hours(world: World) -> None:
    client = world.harbor
    item = stop_at_the_host(client)
    look()
    assert set(told(client)) == {world.operator.email, world.admin.email}
    assert told_of(client, item) == set()
    look(minutes=118)
    assert told_of(client, item) == set()
    look(minutes=2)
    assert client.owner.email in told_of(client, item)


def test_what_was_opened_before_a_mail_and_seen_after_it_is_told_too(world: World) -> None:
    """Its transaction may end after the look that its time lies before."""
    client = world.harbor
    early = stop_at_the_host(client)
    with tenant_scope(client.tenant.pk):
        ReviewItem.objects.filter(pk=early.pk).update(status="cancelled")
    stop_at_the_host(client, "10413")
    look()
    with tenant_scope(client.tenant.pk):
        ReviewItem.objects.filter(pk=early.pk).update(status="waiting")
    look(minutes=61)
    assert len(told(client)) == 4


def test_what_is_mended_within_two_hours_interrupts_nobody_of_the_client(world: World) -> None:
    client = world.harbor
    item = stop_at_the_host(client)
    look()
    with tenant_scope(client.tenant.pk):
        chosen = Choice("resolve", item.content_hash, reason="close")
        exceptions.resolve(item, chosen, actor=world.staff(client))
    look(minutes=180)
    assert told_of(client, item) == set()


def test_an_exception_of_the_clients_is_told_to_the_client_at_once(world: World) -> None:
    client = world.harbor
    ask(client, order_id="10414")  # over the never-rule's sum
    with tenant_scope(client.tenant.pk):
        item = ReviewItem.objects.get(kind="exception")
    look()
    assert told(client) == []
    assert client.owner.email in told_of(client, item)


def test_many_of_one_cause_are_one_mail_an_hour(world: World) -> None:
    client = world.harbor
    stop_at_the_host(client)
    look()
    assert len(told(client)) == 2  # one each for the operator and the admin
    stop_at_the_host(client, "10413")
    look(minutes=5)
    assert len(told(client)) == 2
    look(minutes=56)
    assert len(told(client)) == 4
    look(minutes=61)
    assert len(told(client)) == 4  # nothing is new


def test_where_nobody_looks_after_the_client_they_are_told_at_once(world: World) -> None:
    client = world.harbor
    Assignment.objects.filter(tenant=client.tenant).delete()
    item = stop_at_the_host(client)
    look()
    assert told(client) == []
    assert client.owner.email in told_of(client, item)


def test_staff_of_other_clients_hear_nothing(world: World) -> None:
    client = world.sable  # the operator does not look after it
    stop_at_the_host(client)
    look()
    assert told(client) == [world.admin.email]


def test_the_mail_says_what_happened_and_what_to_do(world: World) -> None:
    client = world.harbor
    stop_at_the_host(client)
    stop_at_the_host(client, "10413")
    clock.pass_time(timedelta(minutes=1))
    new_items.begin_item_checks()
    with tenant_scope(client.tenant.pk):
        mending.tell_staff()
        letter = mend.write(Notice.objects.filter(kind="mend").earliest("id"))
    assert letter.subject.startswith("Harbor & Pine: yours to mend: ")
    assert "Add it to the allowed hosts" in letter.text
    assert "is not among this client's allowed hosts" in letter.text
    assert "1 more of Harbor & Pine stands still for the same cause." in letter.text
    assert "The client reads: It needs a system at an address" in letter.text
    assert "/t/harbor-pine/review/" in letter.text


def test_nobody_gets_the_mail_who_does_not_look_after_the_client_any_more(world: World) -> None:
    client = world.harbor
    stop_at_the_host(client)
    with tenant_scope(client.tenant.pk):
        mending.tell_staff()
        Assignment.objects.filter(tenant=client.tenant).delete()
        outbox.drain()
        assert {(n.status, n.problem) for n in Notice.objects.filter(kind="mend")} == {
            ("failed", "They do not look after this client any more.")
        }
