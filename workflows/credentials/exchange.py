"""Exchange of a secret with overlap: the new value is used, the former serves until a time."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from audit import outbox
from audit.services import record
from audit.verbs import Verb
from audit.worker import schedule
from tenants import access, clock
from tenants.actors import SYSTEM, Actor
from tenants.db.encryption import encrypt
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Invalid
from tenants.models import Secret
from tenants.roles import Capability
from tenants.services.keys import OWN, trimmed_credential

FORMER = "secret.former"
LONGEST = timedelta(days=90)
NO_FORMER = {"former": None, "former_until": None, "former_used_on": None}


def register() -> None:
    """Register the handler that removes former values at their time."""
    outbox.register(FORMER, outbox.FunctionHandler(remove_due))


def exchangeable() -> QuerySet[Secret]:
    """Return the tenant's secrets that people set, by name, without their values."""
    rows = Secret.objects.filter(kind="").exclude(name__startswith=OWN)
    return rows.defer("ciphertext", "former").order_by("name")


def get_exchangeable(name: str) -> Secret:
    """Return a secret by its name, without its values. Raises NotFound."""
    return get_or_not_found(exchangeable(), "secret", name=name)


def exchange_secret(name: str, *, value: str, until: datetime, actor: Actor) -> Secret:
    """Set a secret's new value, beside which the former serves until a time.

    Outbound calls use the new one; the former is tried where a server does not know the new one.
    Raises Invalid for a wrong time or an empty text, Conflict while it is exchanged already.
    """
    access.require(actor, Capability.CONFIGURE)
    found = get_exchangeable(name)
    row = Secret.objects.select_for_update().get(pk=found.pk)
    now = clock.now()
    if not now < until <= now + LONGEST:
        said = f"Choose a time from now on, within {LONGEST.days} days."
        raise Invalid(said, code="bad_time")
    if row.former is not None and row.former_until is not None and row.former_until > now:
        said = "It is being exchanged already. Remove the former value first."
        raise Conflict(said, code="wrong_state")
    row.former, row.former_until = bytes(row.ciphertext), until
    row.former_used_on, row.used_on = row.used_on, None
    row.ciphertext, row.changed_at = encrypt(trimmed_credential(value)), now
    row.save()
    schedule.set_due(FORMER, row.pk, until)
    record(Verb.SECRET_EXCHANGED, row, actor=actor, after={"until": until.isoformat()})
    return row


def end_exchange(name: str, *, actor: Actor) -> None:
    """Remove a secret's former value now. Raises Conflict where there is none."""
    access.require(actor, Capability.CONFIGURE)
    row = Secret.objects.select_for_update().get(pk=get_exchangeable(name).pk)
    if row.former is None:
        raise Conflict("It has no former value any more.", code="wrong_state")
    _remove(row, actor=actor)


def remove_due(claim: outbox.Claim) -> outbox.Postpone | None:
    """Handler of ``secret.former``: remove a former value whose time is over."""
    row = Secret.objects.select_for_update().filter(pk=claim.object_id).first()
    if row is None or row.former is None or row.former_until is None:
        return None
    if row.former_until > clock.now():
        return outbox.Postpone(row.former_until - clock.now())
    _remove(row, actor=SYSTEM)
    return None


def _remove(row: Secret, *, actor: Actor) -> None:
    Secret.objects.filter(pk=row.pk).update(**NO_FORMER)
    record(Verb.SECRET_FORMER_GONE, row, actor=actor)
