"""What a person may do follows from their role, their grants and whether they are here at all."""

from collections.abc import Iterator

import pytest

from audit.models import Event
from tenants import access
from tenants.actors import SYSTEM, Actor
from tenants.errors import Forbidden, Invalid
from tenants.ids import uuid7
from tenants.models import Assignment, Membership, ObjectGrant, User
from tenants.roles import CLIENT_ROLES, STAFF_ROLES, Capability
from tenants.scope import tenant_scope
from tests.world import Client, World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with tenant_scope(world.harbor.tenant.pk):
        yield world.harbor


def person(role: str) -> Actor:
    found = CLIENT_ROLES[role]
    return Actor("person", uuid7(), "Somebody", role, found.capabilities, found.by_grant)


@pytest.mark.parametrize(
    ("staff_role", "role", "assigned", "kind", "found"),
    [
        ("", "owner", False, "person", "owner"),
        ("", "viewer", True, "person", "viewer"),
        ("", None, True, None, None),
        ("operator", None, True, "staff", "operator"),
        ("operator", None, False, None, None),
        # Staff are what they are assigned as, whatever membership they kept.
        ("operator", "owner", True, "staff", "operator"),
        ("operator", "owner", False, None, None),
    ],
)
def test_an_actor_is_a_member_or_assigned_staff(
    staff_role: str, role: str | None, assigned: bool, kind: str | None, found: str | None
) -> None:
    user = User(name="Sam", is_staff=bool(staff_role), staff_role=staff_role)
    actor = access.actor_as(user, role=role, assigned=assigned)
    assert (actor.kind if actor else None, actor.role if actor else None) == (kind, found)
    if actor:
        expected = {**CLIENT_ROLES, **STAFF_ROLES}[actor.role]
        assert (actor.id, actor.label) == (user.pk, "Sam")
        assert (actor.capabilities, actor.by_grant) == (expected.capabilities, expected.by_grant)


def test_who_may_not_sign_in_is_nobody() -> None:
    gone = User(name="Sam", is_active=False)
    assert access.actor_as(gone, role="owner", assigned=False) is None
    staff = User(name="Sam", is_active=False, is_staff=True, staff_role="admin")
    assert access.actor_as(staff, role=None, assigned=True) is None
    assert access.provider_admin(staff) is None


def test_only_a_provider_admin_acts_outside_a_tenant() -> None:
    admin = User(name="Ada", is_staff=True, staff_role="admin")
    found = access.provider_admin(admin)
    assert found is not None
    assert (found.kind, found.role, found.id) == ("staff", "admin", admin.pk)
    assert access.provider_admin(User(is_staff=True, staff_role="operator")) is None
    assert access.provider_admin(User(is_staff=True)) is None
    assert access.provider_admin(User()) is None


def test_a_stranger_of_this_client_is_nobody_here(world: World) -> None:
    harbor, quill = world.harbor.tenant, world.quill.tenant
    assert access.actor_in(world.harbor.owner, quill) is None
    assert access.actor_in(world.operator, world.sable.tenant) is None
    assert access.read_actor(world.harbor.owner.pk, quill.pk) is None
    assert access.read_actor(uuid7(), harbor.pk) is None
    assert access.read_actor(world.harbor.owner.pk, uuid7()) is None
    found = access.read_actor(world.harbor.owner.pk, harbor.pk)
    assert found is not None
    assert (found.kind, found.role) == ("person", "owner")


def test_an_ended_membership_or_assignment_ends_access(world: World) -> None:
    Membership.objects.filter(user=world.harbor.viewer).update(is_active=False)
    Assignment.objects.filter(user=world.operator, tenant=world.harbor.tenant).delete()
    assert access.actor_in(world.harbor.viewer, world.harbor.tenant) is None
    assert access.actor_in(world.operator, world.harbor.tenant) is None
    assert access.actor_in(world.operator, world.quill.tenant) is not None


def test_machines_never_decide() -> None:
    everything = frozenset(Capability)
    for kind in ("key", "system"):
        machine = Actor(kind, uuid7(), "it", "owner", everything, everything)
        assert not access.may(machine, Capability.DECIDE)
        assert access.may(machine, Capability.CONFIGURE)
    assert not access.may(SYSTEM, Capability.DECIDE)


def test_what_a_role_lacks_is_refused_with_its_name() -> None:
    access.require(person("owner"), Capability.DECIDE)
    with pytest.raises(Forbidden) as refused:
        access.require(person("viewer"), Capability.DECIDE)
    assert (refused.value.code, refused.value.data) == ("role", {"needs": "decide"})


def test_a_grant_counts_in_its_workflow_and_for_what_the_role_takes_by_grant(
    client: Client,
) -> None:
    approver, workflow = client.actor(client.approver), client.workflow.pk
    assert access.may(approver, Capability.DECIDE, workflow)
    assert access.may(approver, Capability.DECIDE)
    assert not access.may(approver, Capability.DECIDE, uuid7())
    assert not access.may(approver, Capability.STOP, workflow)
    access.revoke(client.workflow, client.approver, actor=client.actor())
    assert not access.may(approver, Capability.DECIDE, workflow)
    assert not access.may(approver, Capability.DECIDE)
    assert access.granted_workflows(client.approver.pk) == set()
    nobody = Actor("person", None, "x", "approver", frozenset(), frozenset({Capability.DECIDE}))
    assert not access.may(nobody, Capability.DECIDE)


def test_grants_are_given_to_approvers_and_on_the_record(client: Client) -> None:
    owner = client.actor()
    for user in (client.viewer, client.owner):
        with pytest.raises(Invalid) as refused:
            access.grant(client.workflow, user, actor=owner)
        assert refused.value.code == "grant_matches_nothing"
    with pytest.raises(Forbidden):
        access.grant(client.workflow, client.approver, actor=client.actor(client.viewer))
    access.revoke(client.workflow, client.approver, actor=owner)
    access.revoke(client.workflow, client.approver, actor=owner)  # no error
    access.grant(client.workflow, client.approver, actor=owner)
    event = Event.objects.filter(verb="grant.given").latest("id")
    assert event.after == {"to": str(client.approver), "may": "decide"}
    access.revoke_all(client.approver, actor=owner)
    assert not ObjectGrant.objects.filter(user=client.approver).exists()
    assert Event.objects.filter(verb="grant.taken").count() == 3


def test_the_deciders_of_a_workflow_are_owners_and_granted_approvers(
    client: Client, world: World
) -> None:
    assert access.deciders(client.workflow.pk) == [client.approver, client.owner]
    assert access.deciders(uuid7()) == [client.owner]
    # Staff count for nobody, even with a membership they kept.
    Membership.objects.create(tenant=client.tenant, user=world.operator, role="owner")
    assert access.deciders(client.workflow.pk) == [client.approver, client.owner]
    User.objects.filter(pk=client.approver.pk).update(is_active=False)
    assert access.deciders(client.workflow.pk) == [client.owner]


def test_staff_manage_people_only_while_the_client_has_no_owner(
    client: Client, world: World
) -> None:
    admin = world.staff(client, world.admin)
    assert access.has_owner(client.tenant.pk)
    assert access.may_manage_people(client.actor())
    assert not access.may_manage_people(client.actor(client.approver))
    with pytest.raises(Forbidden) as refused:
        access.require_manage_people(admin)
    assert refused.value.code == "client_only"
    User.objects.filter(pk=client.owner.pk).update(is_active=False)
    assert not access.has_owner(client.tenant.pk)
    access.require_manage_people(admin)
    assert not access.may_manage_people(world.staff(client, world.operator))
