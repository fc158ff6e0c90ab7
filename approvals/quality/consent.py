"""The client's owner sets the share of second looks and consents to planted mistakes."""

from approvals.quality import planting, second_looks
from audit.services import record
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import Actor
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.models import Tenant
from tenants.roles import Capability
from tenants.scope import current_tenant_id

MOST = 20  # of a hundred: a second look costs as much time as the first


def require_owner(actor: Actor) -> None:
    """Raise Forbidden for all but owners, who answer for their people."""
    if actor.kind != "person":
        raise Forbidden("Only an owner of the business sets this.", code="role")
    access.require(actor, Capability.SET_POLICIES)


def set_second_looks(percent: int, *, actor: Actor) -> None:
    """Set how many of a hundred accepted items get a second look. Raises Invalid, Forbidden.

    At 0 the open second looks lapse.
    """
    require_owner(actor)
    if not 0 <= percent <= MOST:
        raise Invalid(f"Choose from 0 to {MOST} of a hundred.", code="bad_number")
    tenant = _tenant()
    if tenant.second_looks == percent:
        return
    before = {"percent": tenant.second_looks}
    tenant.second_looks = percent
    tenant.save(update_fields=["second_looks"])
    if not percent:
        second_looks.lapse_all()
    record(Verb.SECOND_LOOKS_SET, tenant, actor=actor, before=before, after={"percent": percent})


def agree_to_planting(*, actor: Actor) -> None:
    """Let the provider plant mistakes. Raises Forbidden, Conflict where it may already."""
    require_owner(actor)
    tenant = _tenant()
    if tenant.planting_agreed_at is not None:
        raise Conflict("You have agreed to this already.", code="agreed")
    tenant.planting_agreed_at, tenant.planting_agreed_by_id = clock.now(), actor.id
    tenant.save(update_fields=["planting_agreed_at", "planting_agreed_by"])
    record(Verb.PLANTING_AGREED, tenant, actor=actor)


def withdraw_planting(*, actor: Actor) -> None:
    """End the consent to planted mistakes and close those that wait. Raises Forbidden, Conflict."""
    require_owner(actor)
    tenant = _tenant()
    if tenant.planting_agreed_at is None:
        raise Conflict("Nothing is planted here.", code="not_agreed")
    tenant.planting_agreed_at = tenant.planting_agreed_by = None
    tenant.save(update_fields=["planting_agreed_at", "planting_agreed_by"])
    record(Verb.PLANTING_WITHDRAWN, tenant, actor=actor)
    for item in planting.planted_waiting():
        planting.close_planted(item, "The owner no longer agrees.", actor=actor)


def _tenant() -> Tenant:
    # FOR NO KEY UPDATE: rows of the tenant can still be inserted, as their keys refer to it.
    return Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
