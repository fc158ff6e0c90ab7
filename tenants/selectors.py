"""Queries of clients and staff that need no tenant scope."""

from django.db.models import Q, QuerySet

from tenants.models import Tenant, User


def tenants_of(user: User) -> QuerySet[Tenant]:
    """Return the clients a user may enter, by name: as a member, or as assigned staff."""
    if not user.is_active:
        return Tenant.objects.none()
    member = Q(memberships__user=user, memberships__is_active=True)
    may_enter = Q(assignments__user=user) if user.is_staff else member
    return Tenant.objects.filter(may_enter).distinct().order_by("name")


def provider_staff() -> QuerySet[User]:
    """Return the provider's staff, by name."""
    return (
        User.objects.filter(is_staff=True, is_active=True)
        .exclude(staff_role="")
        .order_by("name", "email")
    )
