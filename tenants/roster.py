"""Reading people, invitations, grants and keys of the tenant of the scope."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from tenants.access import DECIDE
from tenants.models import ApiKey, Assignment, Invitation, Membership, ObjectGrant, User
from tenants.roles import STAFF_ROLES, Capability
from tenants.scope import current_tenant_id

MENDERS = [
    role.key for role in STAFF_ROLES.values() if Capability.HANDLE_EXCEPTIONS in role.capabilities
]


def active_members() -> QuerySet[Membership]:
    """Active members with their people, in the order they came."""
    here = Membership.objects.filter(tenant_id=current_tenant_id(), is_active=True)
    return here.filter(user__is_active=True).select_related("user").order_by("id")


def member(membership_id: UUID) -> Membership | None:
    """One active member."""
    return active_members().filter(pk=membership_id).first()


def invitations() -> QuerySet[Invitation]:
    """Invitations that are open or have run out unanswered, newest first."""
    here = Invitation.objects.filter(
        tenant_id=current_tenant_id(), accepted_at=None, withdrawn_at=None
    )
    return here.select_related("invited_by").order_by("-id")


def assigned_staff() -> QuerySet[Assignment]:
    """The provider's people who look after the tenant."""
    here = Assignment.objects.filter(tenant_id=current_tenant_id(), user__is_active=True)
    return here.select_related("user").order_by("id")


def menders() -> QuerySet[Assignment]:
    """Those of them whose role mends what stops the tenant's work."""
    return assigned_staff().filter(user__staff_role__in=MENDERS)


def vouchers() -> list[User]:
    """Who may vouch for a source: the members, then staff who look after the tenant."""
    found = [one.user for one in active_members()] + [one.user for one in assigned_staff()]
    return list({user.pk: user for user in found}.values())


def keys() -> QuerySet[ApiKey]:
    """API keys, newest first, revoked ones too."""
    return ApiKey.objects.select_related("made_by").order_by("-id")


def grants_of(user_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """In which workflows each of these people was granted to decide."""
    rows = ObjectGrant.objects.filter(
        user_id__in=list(user_ids),
        permission__codename=DECIDE,
        permission__content_type__app_label="workflows",
    )
    found: dict[UUID, set[UUID]] = {}
    for user_id, key in rows.values_list("user_id", "object_pk"):
        found.setdefault(user_id, set()).add(UUID(key))
    return found
