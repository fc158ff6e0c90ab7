"""Who belongs to a client is said by the client: the provider invites its first owner (9c)."""

import pytest

from approvals.policies.absences import set_away
from tenants import access, clock
from tenants.errors import DomainError, Forbidden, Invalid, NotFound
from tenants.models import Membership, User
from tenants.scope import tenant_scope
from tenants.services.onboarding import onboard
from tenants.services.people import (
    accept_invitation,
    change_role,
    end_membership,
    invitation_token,
    invite,
    join_invited,
)
from tests.lanes import Lane
from tests.policy_kit import second_owner
from tests.world import admin_actor

LONG = "correct horse battery staple"


def _member(user: User) -> Membership:
    return Membership.objects.get(user=user)


@pytest.mark.parametrize("role", ["owner", "approver", "viewer"])
def test_staff_invite_nobody_once_there_is_an_owner(lane: Lane, role: str) -> None:
    for staff in (lane.world.admin, lane.world.operator):
        with pytest.raises(Forbidden):
            invite(email="new@else.example", role=role, actor=lane.world.staff(lane.client, staff))


def test_staff_change_nobody_of_the_client(lane: Lane) -> None:
    admin = lane.world.staff(lane.client, lane.world.admin)
    owner, viewer, approver = lane.client.owner, lane.client.viewer, lane.client.approver
    today = clock.now().date()
    attempts = [
        lambda: change_role(_member(viewer).pk, role="owner", actor=admin),
        lambda: change_role(_member(owner).pk, role="viewer", actor=admin),
        lambda: end_membership(_member(approver).pk, actor=admin),
        lambda: access.grant(lane.workflow, approver, actor=admin),
        lambda: access.revoke(lane.workflow, approver, actor=admin),
        lambda: set_away(owner.pk, today, today, approver.pk, actor=admin),
    ]
    for attempt in attempts:
        with pytest.raises(Forbidden):
            attempt()


@pytest.mark.parametrize(
    "email",
    ["admin+client@northlight.example", "ADMIN@Northlight.example", "admin+x@northlight.example"],
)
def test_nobody_of_the_provider_is_invited_under_another_address(lane: Lane, email: str) -> None:
    with pytest.raises(Invalid, match="assigned, not invited"):
        invite(email=email, role="viewer", actor=lane.client.actor())


def test_an_address_that_became_the_providers_joins_nothing(lane: Lane) -> None:
    invitation = invite(email="late@else.example", role="owner", actor=lane.client.actor())
    User.objects.create_user("late+work@else.example", LONG, is_staff=True, staff_role="admin")
    with pytest.raises(Invalid):
        join_invited(invitation_token(invitation), name="Late", password=LONG)
    assert not Membership.objects.filter(user__email="late@else.example").exists()


def test_the_providers_second_first_owner_is_no_owner(lane: Lane) -> None:
    """Two were invited before anybody had joined: once there is an owner, the owner says who."""
    actor = admin_actor(lane.world.admin)
    tenant, first = onboard(
        slug="late",
        name="Late",
        owner_email="one@late.example",
        staff=[lane.world.admin],
        actor=actor,
    )
    with tenant_scope(tenant.pk):
        staff = access.actor_in(lane.world.admin, tenant)
        assert staff is not None
        second = invite(email="two@else.example", role="owner", actor=staff)
        join_invited(invitation_token(first), name="One", password=LONG)
        with pytest.raises(NotFound):
            join_invited(invitation_token(second), name="Two", password=LONG)
        with pytest.raises(Forbidden):
            invite(email="three@else.example", role="owner", actor=staff)


def test_whoever_takes_a_client_on_need_not_look_after_it(lane: Lane) -> None:
    actor, staff = admin_actor(lane.world.admin), [lane.world.operator]
    tenant, first = onboard(
        slug="late", name="Late", owner_email="one@late.example", staff=staff, actor=actor
    )
    with tenant_scope(tenant.pk):
        user = join_invited(invitation_token(first), name="One", password=LONG)
        found = access.actor_in(user, tenant)
    assert found is not None
    assert found.role == "owner"


def test_invitations_of_who_left_or_was_demoted_are_void(lane: Lane) -> None:
    sam = second_owner(lane)
    invitations = [
        invite(email=f"{n}@mail.example", role="owner", actor=sam) for n in ("one", "two")
    ]
    member = Membership.objects.get(user_id=sam.id)
    change_role(member.pk, role="approver", actor=lane.client.actor())
    with pytest.raises(DomainError):
        join_invited(invitation_token(invitations[0]), name="One", password=LONG)
    end_membership(member.pk, actor=lane.client.actor())
    stranger = User.objects.create_user("two@mail.example", LONG)
    with pytest.raises(DomainError):
        accept_invitation(invitation_token(invitations[1]), stranger)
    assert not Membership.objects.filter(user__email__endswith="@mail.example").exists()
