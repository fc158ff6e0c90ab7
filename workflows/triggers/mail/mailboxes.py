"""Mailboxes: add and change them, and request a poll of one."""

from typing import Any

from django.core.exceptions import ValidationError

from audit.services import record
from audit.verbs import Verb
from audit.worker import schedule
from tenants import access, clock
from tenants.actors import Actor
from tenants.errors import Conflict, Invalid
from tenants.models import Secret, Tenant
from tenants.roles import Capability
from tenants.scope import current_tenant_id
from tenants.services.keys import set_secret
from workflows.models import Mailbox
from workflows.triggers.mail import brake, imap

POLL = "mailbox.poll"
LOCATION = ("host", "port", "security", "username", "folder")
CHANGEABLE = ("address", *LOCATION, "secret", "every")
SOONEST, LATEST = 15, 24 * 3600  # seconds between two polls


def add_mailbox(*, name: str, actor: Actor, password: str = "", **fields: Any) -> Mailbox:
    """Add a mailbox and request its first poll. Raises Invalid; Conflict for a taken name.

    Mail that is in it already starts nothing. A password is kept as the secret
    ``mailbox-<name>``; without one, ``secret`` names a secret.
    """
    access.require(actor, Capability.CONFIGURE)
    if Mailbox.objects.filter(name=name).exists():
        raise Conflict(f"There is a mailbox called {name} already.", code="name_taken")
    now = clock.now()
    mailbox = Mailbox(name=name, made_at=now, reads_from=now)
    _set_fields(mailbox, fields, password, actor)
    mailbox.save(force_insert=True)
    record(Verb.MAILBOX_ADDED, mailbox, actor=actor, after=_fields_of(mailbox))
    request_poll(mailbox, actor=actor)
    return mailbox


def change_mailbox(mailbox: Mailbox, *, actor: Actor, password: str = "", **fields: Any) -> Mailbox:
    """Change a mailbox's fields or password and poll it at once. Raises Invalid."""
    access.require(actor, Capability.CONFIGURE)
    # Lock the outbox row before the mailbox: a poll locks them in this order.
    schedule.set_due(POLL, mailbox.pk, clock.now())
    mailbox = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    before = _set_fields(mailbox, fields, password, actor)
    after = _fields_of(mailbox)
    place = [before[name] != after[name] for name in ("host", "username", "folder")]
    if any(place):
        # It is another mailbox now: mail that is in it already starts nothing.
        mailbox.uidvalidity, mailbox.last_uid, mailbox.reads_from = None, 0, clock.now()
        brake.ignore_waiting(mailbox, why="The mailbox was changed to another before its turn.")
    mailbox.check_asked_at = clock.now()
    mailbox.save()
    if before != after:
        record(Verb.MAILBOX_CHANGED, mailbox, actor=actor, before=before, after=after)
    return mailbox


def request_poll(mailbox: Mailbox, *, actor: Actor) -> None:
    """Request a poll of a mailbox now. The mailbox's page shows what it finds."""
    access.require(actor, Capability.CONFIGURE)
    now = clock.now()
    schedule.set_due(POLL, mailbox.pk, now)
    Mailbox.objects.filter(pk=mailbox.pk).update(check_asked_at=now)
    mailbox.check_asked_at = now


def _set_fields(
    mailbox: Mailbox, fields: dict[str, Any], password: str, actor: Actor
) -> dict[str, Any]:
    """Set and check a mailbox's fields, and return their former values."""
    before = _fields_of(mailbox)
    if unknown := sorted(fields.keys() - set(CHANGEABLE)):
        raise Invalid(f"A mailbox has no {', '.join(unknown)}.")
    for name, value in fields.items():
        setattr(mailbox, name, value.strip() if isinstance(value, str) else value)
    if password:
        mailbox.secret = f"mailbox-{mailbox.name}"
    _check(mailbox, has_password=bool(password))
    if password:
        set_secret(name=mailbox.secret, value=password, actor=actor)
    return before


def _check(mailbox: Mailbox, *, has_password: bool) -> None:
    if not has_password and not Secret.objects.filter(name=mailbox.secret).exists():
        raise Invalid("Give the password of the mailbox.", code="no_password")
    tenant = Tenant.objects.get(pk=current_tenant_id())
    try:
        mailbox.clean_fields()
    except ValidationError as error:
        raise Invalid("The mailbox can't be kept so: " + " ".join(error.messages)) from error
    imap.check_mail_host(mailbox.host, mailbox.port, mailbox.security, tenant.allowed_hosts)
    if not SOONEST <= mailbox.every <= LATEST:
        raise Invalid(f"Look every {SOONEST} seconds to every day.", code="bad_every")


def _fields_of(mailbox: Mailbox) -> dict[str, Any]:
    return {name: getattr(mailbox, name) for name in CHANGEABLE}
