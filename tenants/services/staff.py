"""The provider's staff are assigned to a client and unassigned here, by provider admins."""

from uuid import UUID

from tenants import access, roster
from tenants.actors import Actor
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Invalid
from tenants.models import Assignment, Tenant, User
from tenants.recording import record_act
from tenants.roles import Capability
from tenants.scope import current_tenant_id


def assign_staff(user: User, *, actor: Actor) -> Assignment:
    """Assign a member of staff to the tenant; one who is assigned already stays so.

    Raises Forbidden for all but provider admins, Invalid for a user who is not on the staff.
    """
    access.require(actor, Capability.MANAGE_CLIENTS)
    if not (user.is_active and user.is_staff and user.staff_role):
        raise Invalid(f"{user} is not on the provider's staff.", code="not_staff")
    assignment, made = Assignment.objects.get_or_create(tenant_id=current_tenant_id(), user=user)
    if made:
        record_act("staff.assigned", assignment, actor=actor, after={"role": user.staff_role})
    return assignment


def unassign_staff(assignment_id: UUID, *, actor: Actor) -> User:
    """End an assignment and return whose it was. The person can't open the client any more.

    Raises Forbidden for all but provider admins, NotFound, Conflict for the last provider admin.
    """
    access.require(actor, Capability.MANAGE_CLIENTS)
    # The tenant's row is locked, so that two admins can't end the last two at once. With no admin
    # left, nobody could open the client to assign anybody.
    Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
    assignment = get_or_not_found(roster.assigned_staff(), "assignment", pk=assignment_id)
    if not roster.client_admins().exclude(pk=assignment.pk).exists():
        raise Conflict(
            "Somebody must be able to assign staff here. Assign another provider admin first.",
            code="last_staff",
        )
    record_act("staff.unassigned", assignment, actor=actor)
    assignment.delete()
    return assignment.user
