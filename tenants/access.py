"""Who may do what in a tenant. The only user of django-guardian.

Roles give capabilities everywhere in a tenant; grants give the ones a role has
"by grant" in single workflows. Superusers and global permissions give nothing.
"""

from uuid import UUID

from django.db import models
from guardian.shortcuts import assign_perm, remove_perm

from tenants import roles
from tenants.actors import Actor
from tenants.errors import Forbidden, Invalid
from tenants.models import Assignment, Membership, ObjectGrant, Tenant, User
from tenants.recording import tell
from tenants.roles import Capability
from tenants.scope import current_tenant_id

DECIDE = "decide_workflow"


def actor_in(user: User, tenant: Tenant) -> Actor | None:
    """What this person is in this tenant now; None for a stranger."""
    if not user.is_active:
        return None
    if user.is_staff and user.staff_role:
        return _staff(user, tenant)
    membership = Membership.objects.filter(user=user, tenant=tenant, is_active=True).first()
    if membership is None:
        return None
    role = roles.CLIENT_ROLES[membership.role]
    return Actor("person", user.pk, str(user), role.key, role.capabilities, role.by_grant)


def _staff(user: User, tenant: Tenant) -> Actor | None:
    if not Assignment.objects.filter(user=user, tenant=tenant).exists():
        return None
    role = roles.STAFF_ROLES[user.staff_role]
    return Actor("staff", user.pk, str(user), role.key, role.capabilities, role.by_grant)


def provider_admin(user: User) -> Actor | None:
    """What a provider admin is outside any tenant; None for everybody else."""
    if not (user.is_active and user.is_staff and user.staff_role == "admin"):
        return None
    role = roles.STAFF_ROLES["admin"]
    return Actor("staff", user.pk, str(user), role.key, role.capabilities)


def person_now(user_id: UUID, tenant_id: UUID) -> Actor | None:
    """Like ``actor_in``, read afresh, for checks between an approval and its effect."""
    user = User.objects.filter(pk=user_id).first()
    tenant = Tenant.objects.filter(pk=tenant_id).first()
    return actor_in(user, tenant) if user and tenant else None


def require(actor: Actor, capability: Capability, workflow_id: UUID | None = None) -> None:
    """Raise Forbidden unless the actor may do this, here or in this workflow."""
    if not may(actor, capability, workflow_id):
        raise Forbidden(
            "Your role doesn't allow this. Ask an owner of the business.",
            code="role",
            needs=capability.value,
        )


def may(actor: Actor, capability: Capability, workflow_id: UUID | None = None) -> bool:
    """Whether the actor may do this. Machines never decide."""
    if capability is Capability.DECIDE and not actor.is_human:
        return False
    if actor.has(capability):
        return True
    if capability not in actor.by_grant or actor.id is None:
        return False
    granted = granted_workflows(actor.id)
    return workflow_id in granted if workflow_id else bool(granted)


def granted_workflows(user_id: UUID) -> set[UUID]:
    """Workflows of this tenant in which the person was granted to decide."""
    rows = ObjectGrant.objects.filter(
        user_id=user_id,
        permission__codename=DECIDE,
        permission__content_type__app_label="workflows",
    )
    return {UUID(key) for key in rows.values_list("object_pk", flat=True)}


def deciders(workflow_id: UUID) -> list[User]:
    """People who may decide in a workflow now, by name."""
    granted = ObjectGrant.objects.filter(
        permission__codename=DECIDE, object_pk=str(workflow_id)
    ).values_list("user_id", flat=True)
    members = Membership.objects.filter(is_active=True, user__is_active=True)
    inside = members.filter(tenant_id=current_tenant_id()).filter(
        models.Q(role="owner") | models.Q(role="approver", user_id__in=list(granted))
    )
    return [m.user for m in inside.select_related("user").order_by("user__name", "user__email")]


def grant(workflow: models.Model, user: User, *, actor: Actor) -> None:
    """Let a member decide in a workflow. Raises Invalid for one whose role can't use it."""
    require(actor, Capability.MANAGE_PEOPLE)
    membership = Membership.objects.filter(
        user=user, tenant_id=current_tenant_id(), is_active=True, role="approver"
    )
    if not membership.exists():
        raise Invalid(
            f"{user} is no approver here, so this would change nothing. Make them one first.",
            code="grant_matches_nothing",
        )
    assign_perm(DECIDE, user, workflow)
    tell("grant.given", workflow, actor=actor, after={"to": str(user), "may": "decide"})


def take_back(workflow: models.Model, user: User, *, actor: Actor) -> None:
    """Withdraw what ``grant`` gave. Withdrawing nothing is no error."""
    require(actor, Capability.MANAGE_PEOPLE)
    remove_perm(DECIDE, user, workflow)
    tell("grant.taken", workflow, actor=actor, before={"to": str(user), "may": "decide"})
