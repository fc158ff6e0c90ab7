"""Provider admins assign staff, and one of them always stays."""

import pytest

from audit.models import Event
from tenants import access
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import Assignment, Tenant, User
from tenants.scope import tenant_scope
from tenants.services.onboarding import onboard
from tenants.services.staff import assign_staff, unassign_staff
from tenants.services.tenants import make_tenant
from tests.world import World, admin_actor, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def assignment(world: World, user: User, slug: str = "sable-yoga") -> Assignment:
    return Assignment.objects.get(tenant__slug=slug, user=user)


def test_an_assigned_person_may_enter_at_once_and_an_unassigned_one_no_more(world: World) -> None:
    tenant, admin = world.sable.tenant, admin_actor(world.admin)
    assert access.actor_in(world.operator, tenant) is None
    with tenant_scope(tenant.pk):
        made = assign_staff(world.operator, actor=admin)
        entered = access.actor_in(world.operator, tenant)
        assert entered is not None
        assert entered.role == "operator"
        assert unassign_staff(made.pk, actor=admin) == world.operator
        assert access.actor_in(world.operator, tenant) is None
        events = Event.objects.filter(verb__startswith="staff.").order_by("id")
        assert list(events.values_list("verb", "actor_label"))[-2:] == [
            ("staff.assigned", str(world.admin)),
            ("staff.unassigned", str(world.admin)),
        ]


def test_assigning_somebody_twice_is_one_assignment_and_one_event(world: World) -> None:
    with tenant_scope(world.sable.tenant.pk):
        first = assign_staff(world.operator, actor=admin_actor(world.admin))
        again = assign_staff(world.operator, actor=admin_actor(world.admin))
        assert first.pk == again.pk
        assert Event.objects.filter(verb="staff.assigned", object_id=first.pk).count() == 1


def another_admin(world: World) -> User:
    world.operator.staff_role = "admin"
    world.operator.save()
    return world.operator


def test_the_last_admin_stays_whoever_else_is_assigned(world: World) -> None:
    """Nobody else could open the client to assign anybody."""
    last = assignment(world, world.admin)
    with tenant_scope(world.sable.tenant.pk):
        assign_staff(world.operator, actor=admin_actor(world.admin))
        with pytest.raises(Conflict, match="Assign another provider admin first"):
            unassign_staff(last.pk, actor=admin_actor(world.admin))
        another_admin(world)
        unassign_staff(last.pk, actor=admin_actor(world.admin))
    assert not Assignment.objects.filter(pk=last.pk).exists()


def test_an_admin_who_left_the_provider_is_no_other_admin(world: World) -> None:
    last = assignment(world, world.admin)
    with tenant_scope(world.sable.tenant.pk):
        assign_staff(another_admin(world), actor=admin_actor(world.admin))
        User.objects.filter(pk=world.operator.pk).update(is_active=False)
        with pytest.raises(Conflict, match="Assign another provider admin first"):
            unassign_staff(last.pk, actor=admin_actor(world.admin))


def test_an_assignment_of_another_client_is_not_found(world: World) -> None:
    other = assignment(world, world.operator, "harbor-pine")
    with tenant_scope(world.sable.tenant.pk), pytest.raises(NotFound):
        unassign_staff(other.pk, actor=admin_actor(world.admin))


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False, "staff_role": ""}])
def test_only_active_staff_are_assigned(world: World, change: dict[str, object]) -> None:
    User.objects.filter(pk=world.operator.pk).update(**change)
    world.operator.refresh_from_db()
    with tenant_scope(world.sable.tenant.pk), pytest.raises(Invalid, match="not on the provider"):
        assign_staff(world.operator, actor=admin_actor(world.admin))


def test_nobody_but_provider_admins_makes_clients_or_assigns_staff(world: World) -> None:
    tenant = world.harbor.tenant
    people = [world.harbor.owner, world.harbor.approver, world.operator, world.reviewer]
    taken = assignment(world, world.reviewer, "harbor-pine").pk
    with tenant_scope(tenant.pk):
        actors = [access.actor_in(user, tenant) for user in people]
    for actor in actors:
        assert actor is not None
        with pytest.raises(Forbidden):
            make_tenant(slug="new", name="New", actor=actor)
        with pytest.raises(Forbidden):
            onboard(slug="new", name="New", staff=[], owner_email="o@new.example", actor=actor)
        with tenant_scope(tenant.pk):
            with pytest.raises(Forbidden):
                assign_staff(world.admin, actor=actor)
            with pytest.raises(Forbidden):
                unassign_staff(taken, actor=actor)
    assert not Tenant.objects.filter(slug="new").exists()
