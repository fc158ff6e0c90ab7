"""Making tenants, and the kill switch."""

import zoneinfo
from typing import Any

from django.core.exceptions import ValidationError

from tenants import access, clock
from tenants.actors import Actor
from tenants.errors import Conflict, Invalid
from tenants.models import Tenant
from tenants.recording import tell
from tenants.roles import Capability
from tenants.scope import current_tenant_id, tenant_scope


def make_tenant(*, slug: str, name: str, actor: Actor, **fields: Any) -> Tenant:
    """Onboard a client business. Raises Invalid with what is wrong with the fields."""
    tenant = Tenant(slug=slug, name=name, **fields)
    if tenant.timezone not in zoneinfo.available_timezones():
        raise Invalid(
            f"{tenant.timezone} is no time zone. Use a name such as Europe/Berlin.",
            code="bad_timezone",
        )
    try:
        tenant.full_clean()
    except ValidationError as error:
        raise Invalid("The client can't be made: " + " ".join(error.messages)) from error
    with tenant_scope(tenant.pk):
        tenant.save(force_insert=True)
        tell("tenant.made", tenant, actor=actor, after={"rung": tenant.rung})
    return tenant


def stop_everything(*, actor: Actor, reason: str = "") -> None:
    """Pull the tenant's kill switch: running work halts before its next effect."""
    access.require(actor, Capability.STOP)
    _switch(clock.now(), verb="tenant.stopped", actor=actor, reason=reason)


def resume_everything(*, actor: Actor, reason: str = "") -> None:
    """Release the kill switch. What waits goes on."""
    access.require(actor, Capability.STOP)
    _switch(None, verb="tenant.resumed", actor=actor, reason=reason)


def _switch(moment: Any, *, verb: str, actor: Actor, reason: str) -> None:
    rows = Tenant.objects.filter(pk=current_tenant_id(), stopped_at__isnull=moment is not None)
    if rows.update(stopped_at=moment) != 1:
        raise Conflict(
            "Everything is stopped already." if moment else "Nothing is stopped.", code="switch"
        )
    tell(verb, Tenant.objects.get(pk=current_tenant_id()), actor=actor, reason=reason)
