"""Encrypt second factors with the first of the box keys, before an old one is taken away."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from portal.accounts.adapter import TOKEN
from tenants.db.encryption import decrypt, encrypt

NAMES = ("secret", "seed")


class Command(BaseCommand):
    """Encrypt all second factors anew in one transaction. Fails where one can't be decrypted."""

    help = __doc__ or ""

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        rows = Authenticator.objects.filter(type__in=("totp", "recovery_codes"))
        # Locked: else a factor changed meanwhile would be overwritten with its former data.
        changed = list(rows.select_for_update())
        for row in changed:
            row.data |= {name: _anew(row.data[name]) for name in NAMES if name in row.data}
            if codes := row.data.get("migrated_codes"):
                row.data["migrated_codes"] = [_anew(code) for code in codes]
        Authenticator.objects.bulk_update(changed, ["data"], batch_size=500)
        self.stdout.write(f"{len(changed)} second factors are encrypted with the first key.")


def _anew(text: str) -> str:
    plain = decrypt(text) if text.startswith(TOKEN) else text
    if plain is None:
        raise CommandError(
            "A second factor was encrypted with a key this server has not. Put that key back into "
            "HANDRAIL_BOX_KEYS and start again."
        )
    return encrypt(plain).decode()
