"""Queries of people, invitations, grants and API keys of the current tenant."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from tenants.access import DECIDE
from tenants.db.lookup import get_or_not_found
from tenants.models import ApiKey, Assignment, Invitation, Membership, ObjectGrant, User
from tenants.roles import STAFF_ROLES, Capability
from tenants.scope import current_tenant_id
from tenants.selectors import provider_staff


def _staff_roles_with(capability: Capability) -> list[str]:
    return [role.key for role in STAFF_ROLES.values() if capability in role.capabilities]


EXCEPTION_ROLES = _staff_roles_with(Capability.HANDLE_EXCEPTIONS)
CONFIGURING_ROLES = _staff_roles_with(Capability.CONFIGURE)
CLIENT_ADMIN_ROLES = _staff_roles_with(Capability.MANAGE_CLIENTS)


def active_members() -> QuerySet[Membership]:
    """Return the active members with their users, in the order they joined."""
    here = Membership.objects.filter(tenant_id=current_tenant_id(), is_active=True)
    return here.filter(user__is_active=True).select_related("user").order_by("id")


def get_member(membership_id: UUID) -> Membership:
    """Return one active member. Raises NotFound."""
    return get_or_not_found(active_members(), "member", pk=membership_id)


def invitations() -> QuerySet[Invitation]:
    """Return the invitations that are open or have expired unanswered, newest first."""
    here = Invitation.objects.filter(
        tenant_id=current_tenant_id(), accepted_at=None, withdrawn_at=None
    )
    return here.select_related("invited_by").order_by("-id")


def assigned_staff() -> QuerySet[Assignment]:
    """Return the assignments of the provider's staff to the tenant."""
    here = Assignment.objects.filter(tenant_id=current_tenant_id(), user__is_active=True)
    return here.select_related("user").order_by("id")


def unassigned_staff() -> QuerySet[User]:
    """Return the provider's staff who are not assigned to the tenant, by name."""
    return provider_staff().exclude(assignments__tenant_id=current_tenant_id())


def client_admins() -> QuerySet[Assignment]:
    """Return the assigned staff whose role may assign staff."""
    return assigned_staff().filter(user__staff_role__in=CLIENT_ADMIN_ROLES)


def exception_staff() -> QuerySet[Assignment]:
    """Return the assigned staff whose role may handle exceptions."""
    return assigned_staff().filter(user__staff_role__in=EXCEPTION_ROLES)


def configuring_staff() -> QuerySet[Assignment]:
    """Return the assigned staff whose role may set up tools and what they connect to."""
    return assigned_staff().filter(user__staff_role__in=CONFIGURING_ROLES)


def possible_source_owners() -> list[User]:
    """Return the users who may own a source: the members, then the assigned staff."""
    found = [one.user for one in active_members()] + [one.user for one in assigned_staff()]
    return list({user.pk: user for user in found}.values())


def keys() -> QuerySet[ApiKey]:
    """Return the API keys, newest first, with revoked ones."""
    return ApiKey.objects.select_related("made_by").order_by("-id")


def grants_of(user_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Return, for each of these people, the workflows in which they were granted to decide."""
    rows = ObjectGrant.objects.filter(
        user_id__in=list(user_ids),
        permission__codename=DECIDE,
        permission__content_type__app_label="workflows",
    )
    found: dict[UUID, set[UUID]] = {}
    for user_id, key in rows.values_list("user_id", "object_pk"):
        found.setdefault(user_id, set()).add(UUID(key))
    return found
