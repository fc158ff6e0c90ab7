"""Tenants are made, changed, stopped and resumed here."""

import re
import zoneinfo
from collections.abc import Collection
from datetime import datetime
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies
from django.core.exceptions import ValidationError

from tenants import access, clock, halts
from tenants.actors import Actor
from tenants.business_hours import working_week
from tenants.errors import Conflict, Invalid
from tenants.models import Tenant
from tenants.models.tenant import LONGEST_TAKE_BACK
from tenants.network.addresses import NAME
from tenants.network.outbound import check_outbound_host
from tenants.recording import record_act
from tenants.roles import Capability
from tenants.scope import current_tenant_id, take_moves_lock, tenant_scope

CHANGEABLE = (
    "name",
    "timezone",
    "currency",
    "locale",
    "rung",
    "allowed_hosts",
    "model_names",
    "model_regions",
    "model_keeps_days",
    "agent_turns",
    "agent_tool_calls",
    "agent_minutes",
    "agent_cents",
    "sends_from",
    "at_once",
    "share",
)
MOST_AT_ONCE, MOST_SHARE = 10_000, 100
HOST = re.compile(r"([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::([0-9]{1,5}))?", re.I | re.ASCII)


def make_tenant(*, slug: str, name: str, actor: Actor, **fields: Any) -> Tenant:
    """Make the tenant of a client business.

    Raises Forbidden for all but provider admins, Invalid with what is wrong with the fields.
    """
    access.require(actor, Capability.MANAGE_CLIENTS)
    tenant = Tenant(slug=slug, name=name, **fields)
    _check_hosts(tenant.allowed_hosts)
    _check(tenant)
    with tenant_scope(tenant.pk):
        tenant.save(force_insert=True)
        record_act("tenant.made", tenant, actor=actor, after={"rung": tenant.rung})
    return tenant


def change_tenant(tenant: Tenant, *, actor: Actor, **changes: Any) -> Tenant:
    """Change the settings of a client; its slug never changes.

    ``tenant`` must be the one of the scope. Raises Forbidden, Invalid with what is wrong.
    """
    access.require(actor, Capability.CONFIGURE)
    unknown = sorted(changes.keys() - set(CHANGEABLE))
    if unknown or tenant.pk != current_tenant_id():
        raise Invalid(f"A client's {', '.join(unknown) or 'id'} can't be changed here.")
    tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
    before = {
        name: getattr(tenant, name) for name in changes if getattr(tenant, name) != changes[name]
    }
    # Hosts from before are kept even if the deployment no longer allows them.
    _check_hosts(changes.get("allowed_hosts", []), known=tenant.allowed_hosts)
    for name in before:
        setattr(tenant, name, changes[name])
    _check(tenant)
    if before:
        tenant.save(update_fields=list(before))
        after = {name: changes[name] for name in before}
        record_act("tenant.changed", tenant, actor=actor, before=before, after=after)
    return tenant


def set_working_hours(tenant: Tenant, stored: dict[str, Any], *, actor: Actor) -> None:
    """Set a business's working hours, as ``tenants.business_hours`` stores them.

    Raises Forbidden, Invalid.
    """
    access.require(actor, Capability.SET_POLICIES)
    week = working_week(stored, tenant.timezone)
    before = tenant.week.sentence()
    if week.sentence() == before:
        return
    tenant.working_hours = stored
    tenant.save(update_fields=["working_hours"])
    after = {"working_hours": week.sentence()}
    record_act("tenant.changed", tenant, actor=actor, before={"working_hours": before}, after=after)


def set_take_back(tenant: Tenant, seconds: int, *, actor: Actor) -> None:
    """Set how many seconds a decision can be withdrawn; 0 for not at all.

    Raises Forbidden, Invalid.
    """
    access.require(actor, Capability.SET_POLICIES)
    if not 0 <= seconds <= LONGEST_TAKE_BACK:
        raise Invalid(f"Choose from 0 to {LONGEST_TAKE_BACK} seconds.", code="bad_seconds")
    before = {"take_back_seconds": tenant.take_back_seconds}
    if before["take_back_seconds"] == seconds:
        return
    tenant.take_back_seconds = seconds
    tenant.save(update_fields=["take_back_seconds"])
    record_act(
        "tenant.changed", tenant, actor=actor, before=before, after={"take_back_seconds": seconds}
    )


def _check(tenant: Tenant) -> None:
    if tenant.timezone not in zoneinfo.available_timezones():
        raise Invalid(
            f"{tenant.timezone} is no time zone. Use a name such as Europe/Berlin.",
            code="bad_timezone",
        )
    if tenant.currency not in list_currencies():
        raise Invalid(f"{tenant.currency} is no currency. Use a code such as USD.", code="currency")
    try:
        Locale.parse(tenant.locale)
    except (ValueError, UnknownLocaleError) as error:
        raise Invalid(
            f"{tenant.locale} is no locale. Use one such as en_US.", code="locale"
        ) from error
    if tenant.at_once is not None and not 1 <= tenant.at_once <= MOST_AT_ONCE:
        raise Invalid(
            f"Let 1 to {MOST_AT_ONCE:,} calls be under way together, or leave it empty. To let "
            "none be made, stop everything.",
            code="bad_at_once",
        )
    if not 1 <= tenant.share <= MOST_SHARE:
        raise Invalid(f"A share is a whole number from 1 to {MOST_SHARE}.", code="bad_share")
    try:
        tenant.full_clean()
    except ValidationError as error:
        raise Invalid("The client can't be kept so: " + " ".join(error.messages)) from error


def _check_hosts(hosts: Any, known: Collection[str] = ()) -> None:
    """Raise Invalid for a text that is no host, and for an internal one not ``known`` before."""
    if not isinstance(hosts, list):
        raise Invalid("The allowed hosts must be a list.", code="bad_host")
    for host in hosts:
        found = HOST.fullmatch(host) if isinstance(host, str) else None
        if found is None or not NAME.fullmatch(found[1].lower()):
            raise Invalid(
                f"“{host}” is no host. Write it as shop.example or shop.example:8443.",
                code="bad_host",
            )
        if host not in known:
            check_outbound_host(found[1], int(found[2] or 443))


def stop_everything(*, actor: Actor, reason: str = "") -> None:
    """Switch the tenant's kill switch on: running work halts before its next effect.

    Transactions that move runs have read that nothing is stopped, so they are waited for, well
    under a second; later ones see the switch. A stop by the client replaces one by the provider.
    Raises Forbidden, Conflict where everything is stopped already.
    """
    access.require(actor, Capability.STOP)
    take_moves_lock()
    _stop(actor, reason)


def resume_everything(*, actor: Actor, reason: str = "") -> None:
    """Release the kill switch, so that waiting work goes on.

    Raises Conflict where nothing is stopped; Forbidden for a stop by the client, unless the actor
    is its owner.
    """
    access.require(actor, Capability.STOP)
    tenant = _locked_tenant()
    if not tenant.is_stopped:
        raise Conflict("Nothing is stopped.", code="switch")
    halts.check_release(actor, tenant.stopped_by, "everything")
    before = {"stopped_by": halts.halter_name(tenant.stopped_by)}
    _set_stopped(tenant, None, None)
    record_act("tenant.resumed", tenant, actor=actor, before=before, reason=reason)


def _stop(actor: Actor, reason: str) -> None:
    tenant = _locked_tenant()
    if tenant.is_stopped and not halts.may_take_over(actor, tenant.stopped_by):
        by = halts.halter_name(tenant.stopped_by)
        raise Conflict(f"Everything is stopped already, by {by}.", code="switch")
    _set_stopped(tenant, clock.now(), halts.halted_by(actor))
    record_act("tenant.stopped", tenant, actor=actor, reason=reason)


def _locked_tenant() -> Tenant:
    return Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())


def _set_stopped(tenant: Tenant, stopped_at: datetime | None, by: halts.HaltedBy | None) -> None:
    tenant.stopped_at, tenant.stopped_by = stopped_at, by
    tenant.save(update_fields=["stopped_at", "stopped_by"])
