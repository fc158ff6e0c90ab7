"""The table of Django's cache, and second factors encrypted that were stored as they are."""

from collections.abc import Callable
from typing import Any

from django.db import migrations

from portal.accounts.adapter import TOKEN
from tenants.db.encryption import decrypt, encrypt

# As ``createcachetable`` makes it.
MAKE = """
CREATE TABLE portal_cache (
    cache_key varchar(255) NOT NULL PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX portal_cache_expires ON portal_cache (expires);
"""
NAMES = ("secret", "seed")


def encrypted(text: str) -> str:
    return text if text.startswith(TOKEN) else encrypt(text).decode()


def plain(text: str) -> str:
    return (decrypt(text) or text) if text.startswith(TOKEN) else text


def encrypt_factors(apps: Any, schema_editor: Any) -> None:
    _change(apps, schema_editor, encrypted)


def decrypt_factors(apps: Any, schema_editor: Any) -> None:
    _change(apps, schema_editor, plain)


def _change(apps: Any, schema_editor: Any, change: Callable[[str], str]) -> None:
    rows = apps.get_model("mfa", "Authenticator").objects.using(schema_editor.connection.alias)
    for row in rows.filter(type__in=("totp", "recovery_codes")):
        row.data |= {name: change(row.data[name]) for name in NAMES if name in row.data}
        if "migrated_codes" in row.data:
            row.data["migrated_codes"] = [change(code) for code in row.data["migrated_codes"]]
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0004_saved_filters"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.RunSQL(MAKE, "DROP TABLE portal_cache"),
        migrations.RunPython(encrypt_factors, decrypt_factors),
    ]
