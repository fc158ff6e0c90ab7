"""Onboarding of a client business: the tenant, its assigned staff, its first owner."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from tenants.actors import Actor
from tenants.models import Invitation, Tenant, User
from tenants.scope import tenant_scope
from tenants.services.people import assign, invite
from tenants.services.tenants import make_tenant


def onboard(
    *, slug: str, name: str, staff: Iterable[User], owner_email: str, actor: Actor, **fields: Any
) -> tuple[Tenant, Invitation]:
    """Make a tenant, assign staff and invite its first owner, all or nothing.

    The caller mails the invitation. Raises Invalid for bad fields or a bad address.
    """
    with transaction.atomic():
        tenant = make_tenant(slug=slug, name=name, actor=actor, **fields)
        for user in staff:
            assign(tenant, user, actor=actor)
        with tenant_scope(tenant.pk):
            invitation = invite(email=owner_email, role="owner", actor=actor)
    return tenant, invitation
