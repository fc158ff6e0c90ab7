"""The roster has the people of this client, and those who may act for it now."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tenants import access, clock, roster
from tenants.errors import NotFound
from tenants.models import Invitation, Membership, User
from tenants.scope import tenant_scope
from tenants.services.keys import make_key
from tests.world import Client, World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with tenant_scope(world.harbor.tenant.pk):
        yield world.harbor


def test_members_are_the_active_ones_in_the_order_they_joined(client: Client) -> None:
    assert [one.user for one in roster.active_members()] == [
        client.owner,
        client.approver,
        client.viewer,
    ]
    User.objects.filter(pk=client.owner.pk).update(is_active=False)
    Membership.objects.filter(user=client.approver).update(is_active=False)
    assert [one.user for one in roster.active_members()] == [client.viewer]


def test_one_member_is_found_here_and_nowhere_else(client: Client, world: World) -> None:
    here = Membership.objects.get(user=client.owner)
    theirs = Membership.objects.get(user=world.quill.owner)
    assert roster.get_member(here.pk) == here
    with pytest.raises(NotFound):
        roster.get_member(theirs.pk)


def test_invitations_are_those_that_nobody_took(client: Client) -> None:
    def invite(email: str, **more: object) -> Invitation:
        return Invitation.objects.create(
            tenant=client.tenant,
            email=email,
            role="viewer",
            invited_by=client.owner,
            expires_at=clock.now() - timedelta(days=1),
            **more,
        )

    first, second = invite("one@mail.example"), invite("two@mail.example")
    invite("three@mail.example", accepted_at=clock.now())
    invite("four@mail.example", withdrawn_at=clock.now())
    assert list(roster.invitations()) == [second, first]


def test_staff_are_those_assigned_to_this_client(client: Client, world: World) -> None:
    assert [one.user for one in roster.assigned_staff()] == [
        world.admin,
        world.operator,
        world.reviewer,
    ]
    assert [one.user for one in roster.exception_staff()] == [world.admin, world.operator]
    with tenant_scope(world.sable.tenant.pk):
        assert [one.user for one in roster.assigned_staff()] == [world.admin]


def test_a_source_may_be_owned_by_members_and_staff_each_once(client: Client, world: World) -> None:
    Membership.objects.create(tenant=client.tenant, user=world.operator, role="viewer")
    assert roster.possible_source_owners() == [
        client.owner,
        client.approver,
        client.viewer,
        world.operator,
        world.admin,
        world.reviewer,
    ]


def test_keys_are_listed_newest_first(client: Client) -> None:
    made = [make_key(name=n, scopes=["runs:read"], actor=client.actor())[0] for n in ("a", "b")]
    assert list(roster.keys()) == made[::-1]


def test_grants_are_by_person(client: Client) -> None:
    people = [client.owner.pk, client.approver.pk]
    assert roster.grants_of(people) == {client.approver.pk: {client.workflow.pk}}
    access.revoke(client.workflow, client.approver, actor=client.actor())
    assert roster.grants_of(people) == {}
    assert roster.grants_of([]) == {}
