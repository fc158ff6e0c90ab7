"""Permissions of people in a tenant: roles and grants. The only module that uses django-guardian.

A role gives capabilities everywhere in a tenant; a grant gives the capabilities that the role has
"by grant" in one workflow. Superusers and global permissions give nothing.
"""

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Expression, QuerySet, UUIDField
from django.db.models.functions import Cast
from guardian.shortcuts import assign_perm, remove_perm

from tenants import roles
from tenants.actors import Actor
from tenants.db.compiled import Param, compile_once
from tenants.db.hydrate import all_from_json
from tenants.db.statements import SqlStatement, json_value
from tenants.errors import Forbidden, Invalid
from tenants.models import Assignment, Membership, ObjectGrant, Tenant, User
from tenants.recording import record_act
from tenants.roles import Capability
from tenants.scope import current_tenant_id
from tenants.wall import TENANT_SQL

DECIDE = "decide_workflow"
_IN_TENANT = {
    "user_id": Param("user", UUIDField()),
    "tenant_id": Param("tenant", UUIDField()),
}


def actor_in(user: User, tenant: Tenant) -> Actor | None:
    """Return the Actor that this user is in this tenant now; None for a stranger."""
    if not user.is_active:
        return None
    if user.is_staff and user.staff_role:
        assigned = _assignment().row(user=user.pk, tenant=tenant.pk) is not None
        return actor_as(user, role=None, assigned=assigned)
    role = _role().row(user=user.pk, tenant=tenant.pk)
    return actor_as(user, role=role, assigned=False)


@compile_once
def _assignment() -> QuerySet[Any, UUID]:
    return Assignment.objects.filter(**_IN_TENANT).values_list("pk", flat=True)


@compile_once
def _role() -> QuerySet[Any, str]:
    return Membership.objects.filter(**_IN_TENANT, is_active=True).values_list("role", flat=True)


def actor_as(user: User, *, role: str | None, assigned: bool) -> Actor | None:
    """Return the Actor of a user with this role or this assignment; None for a stranger."""
    if not user.is_active:
        return None
    if user.is_staff and user.staff_role:
        return _actor("staff", user, roles.STAFF_ROLES[user.staff_role]) if assigned else None
    return _actor("person", user, roles.CLIENT_ROLES[role]) if role else None


def _actor(kind: str, user: User, role: roles.Role) -> Actor:
    return Actor(kind, user.pk, str(user), role.key, role.capabilities, role.by_grant)


def provider_admin(user: User) -> Actor | None:
    """Return the Actor of a provider admin outside any tenant; None for every other user."""
    if not (user.is_active and user.is_staff and user.staff_role == "admin"):
        return None
    role = roles.STAFF_ROLES["admin"]
    return Actor("staff", user.pk, str(user), role.key, role.capabilities)


def read_actor(user_id: UUID, tenant_id: UUID) -> Actor | None:
    """Read user and tenant by id and return the Actor as ``actor_in`` does."""
    user = User.objects.filter(pk=user_id).first()
    tenant = Tenant.objects.filter(pk=tenant_id).first()
    return actor_in(user, tenant) if user and tenant else None


def require(actor: Actor, capability: Capability, workflow_id: UUID | None = None) -> None:
    """Raise Forbidden unless the actor has the capability, in the tenant or in this workflow."""
    if not may(actor, capability, workflow_id):
        raise Forbidden(code="role", needs=capability.value)


def may(actor: Actor, capability: Capability, workflow_id: UUID | None = None) -> bool:
    """Return whether the actor has the capability. Machines never decide.

    Without ``workflow_id`` a grant in any workflow is enough.
    """
    if capability is Capability.DECIDE and not actor.is_human:
        return False
    if actor.has(capability):
        return True
    if capability not in actor.by_grant or actor.id is None:
        return False
    granted = granted_workflows(actor.id)
    return workflow_id in granted if workflow_id else bool(granted)


def may_manage_people(actor: Actor) -> bool:
    """Return whether the actor may manage the client's people. One query, for staff.

    Its owners may; staff of the provider may only as long as the client has no owner.
    """
    if not may(actor, Capability.MANAGE_PEOPLE):
        return False
    return actor.kind != "staff" or not has_owner(current_tenant_id())


def require_manage_people(actor: Actor) -> None:
    """Raise Forbidden unless the actor may manage the client's people."""
    require(actor, Capability.MANAGE_PEOPLE)
    if not may_manage_people(actor):
        raise Forbidden(
            "An owner of the business says who belongs to it. The provider invites the first one.",
            code="client_only",
        )


def has_owner(tenant_id: UUID) -> bool:
    """Return whether the client has an owner who may sign in. One query."""
    owners = Membership.objects.filter(tenant_id=tenant_id, role="owner", is_active=True)
    return owners.filter(user__is_active=True).exists()


def granted_workflows(user_id: UUID) -> set[UUID]:
    """Return the ids of the workflows in which the person was granted to decide."""
    return set(granted_ids(user_id))


def granted_ids(user_id: UUID | Expression) -> QuerySet[Any, UUID]:
    """Return the ids of the workflows the person was granted, as a queryset for other queries."""
    rows: QuerySet[Any, Any] = ObjectGrant.objects.filter(
        user_id=user_id,
        permission__codename=DECIDE,
        permission__content_type__app_label="workflows",
    )
    return rows.values_list(Cast("object_pk", UUIDField()), flat=True)


# Staff of the provider never count as a client's people, even with a membership from before.
NO_STAFF = " AND NOT (u.is_staff AND u.staff_role <> '')"

# The client's active members by name, as a JSON list; "given" are the workflows in which they were
# granted to decide.
MEMBERS = f"""(
    SELECT json_agg(json_build_object(
        'id', u.id, 'name', u.name, 'email', u.email, 'role', m.role, 'given', (
            SELECT json_agg(g.object_pk)
            FROM tenants_objectgrant g JOIN auth_permission p ON p.id = g.permission_id
            WHERE g.user_id = u.id AND p.codename = '{DECIDE}')) ORDER BY u.name, u.email)
    FROM tenants_membership m JOIN tenants_user u ON u.id = m.user_id
    WHERE m.tenant_id = {TENANT_SQL} AND m.is_active AND u.is_active{NO_STAFF})"""

# The people who may decide in one workflow now, by name, as a JSON list. For use in other
# statements: its parameter ``workflow`` is the workflow's id.
DECIDERS = f"""(
    SELECT jsonb_agg(to_jsonb(u) - 'password' ORDER BY u.name, u.email)
    FROM tenants_membership m JOIN tenants_user u ON u.id = m.user_id
    WHERE m.tenant_id = {TENANT_SQL} AND m.is_active AND u.is_active{NO_STAFF} AND (
        m.role = 'owner' OR m.role = 'approver' AND EXISTS (
            SELECT FROM tenants_objectgrant g JOIN auth_permission p ON p.id = g.permission_id
            WHERE g.user_id = u.id AND g.object_pk = %(workflow)s::text
            AND p.codename = '{DECIDE}')))"""

# The people who may decide in one workflow now are read.
_DECIDERS = SqlStatement(f"SELECT {DECIDERS}::text", json_value)


def deciders(workflow_id: UUID) -> list[User]:
    """Return the people who may decide in a workflow now, by name."""
    return all_from_json(User, _DECIDERS.row(workflow=workflow_id))


def grant(workflow: models.Model, user: User, *, actor: Actor) -> None:
    """Grant a member the right to decide in a workflow.

    Raises Forbidden, and Invalid for a person who is no approver.
    """
    require_manage_people(actor)
    membership = Membership.objects.filter(
        user=user, tenant_id=current_tenant_id(), is_active=True, role="approver"
    )
    if not membership.exists():
        raise Invalid(
            f"{user} is no approver here, so this would change nothing. Make them one first.",
            code="grant_matches_nothing",
        )
    assign_perm(DECIDE, user, workflow)
    record_act("grant.given", workflow, actor=actor, after={"to": str(user), "may": "decide"})


def revoke(workflow: models.Model, user: User, *, actor: Actor) -> None:
    """Revoke the person's grant in a workflow. Revoking a missing grant is no error."""
    require_manage_people(actor)
    remove_perm(DECIDE, user, workflow)
    record_act("grant.taken", workflow, actor=actor, before={"to": str(user), "may": "decide"})


def revoke_all(user: User, *, actor: Actor) -> None:
    """Revoke all of a person's grants in this tenant."""
    grants = ObjectGrant.objects.filter(user_id=user.pk)
    keys_by_model: dict[Any, list[str]] = {}
    for row in grants.select_related("content_type"):
        keys_by_model.setdefault(row.content_type.model_class(), []).append(row.object_pk)
    grants.delete()
    for model, keys in keys_by_model.items():
        for workflow in model._default_manager.filter(pk__in=keys):
            record_act(
                "grant.taken", workflow, actor=actor, before={"to": str(user), "may": "decide"}
            )
