"""Former values of secrets that are exchanged: they serve until a time that a person chose."""

from collections.abc import Iterable

from django.db.models import Q

from tenants import clock
from tenants.db.encryption import decrypt
from tenants.models import Secret


def former_value(secret: Secret) -> str:
    """Return the former value of a secret; empty where there is none, or its time is over."""
    until = secret.former_until
    if secret.former is None or until is None or until <= clock.now():
        return ""
    return decrypt(bytes(secret.former)) or ""


def note_former_use(names: Iterable[str]) -> None:
    """Note the day on which the former values of these secrets were used."""
    wanted, today = sorted(set(names)), clock.now().date()
    if not wanted:
        return
    is_older = Q(former_used_on=None) | Q(former_used_on__lt=today)
    rows = Secret.objects.filter(is_older, name__in=wanted, former__isnull=False)
    rows.update(former_used_on=today)
