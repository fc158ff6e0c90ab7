"""Onboarding of a client business: the tenant, its assigned staff, its first owner."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from tenants import access
from tenants.actors import Actor
from tenants.models import Invitation, Tenant, User
from tenants.roles import Capability
from tenants.scope import tenant_scope
from tenants.services.people import invite
from tenants.services.staff import assign_staff
from tenants.services.tenants import make_tenant


def onboard(
    *, slug: str, name: str, staff: Iterable[User], owner_email: str, actor: Actor, **fields: Any
) -> tuple[Tenant, Invitation]:
    """Make a tenant, assign staff and invite its first owner, all or nothing.

    The caller mails the invitation. Raises Forbidden for all but provider admins, Invalid for bad
    fields or a bad address.
    """
    access.require(actor, Capability.MANAGE_CLIENTS)
    with transaction.atomic():
        tenant = make_tenant(slug=slug, name=name, actor=actor, **fields)
        with tenant_scope(tenant.pk):
            for user in staff:
                assign_staff(user, actor=actor)
            invitation = invite(email=owner_email, role="owner", actor=actor)
    return tenant, invitation
