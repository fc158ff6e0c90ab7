"""The wall around the first tables, and what the provider role may read outside it."""

from django.conf import settings
from django.db import migrations

from tenants.wall import BuildWall, Immutable

READS = {
    "tenants_tenant": "*",
    "tenants_assignment": "*",
    "tenants_user": "(id, email, name, is_active, is_staff, staff_role)",
}


def _grants(verb: str, preposition: str) -> str:
    return ";".join(
        f"{verb} SELECT {'' if columns == '*' else columns} ON {table} "
        f"{preposition} {settings.PROVIDER_ROLE}"
        for table, columns in READS.items()
    )


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        # Source and revision point at each other: first both keys, then both links.
        BuildWall("Revision", "Source", "Passage", "Record"),
        BuildWall("ApiKey", "Secret", "ObjectGrant", provider_reads=False),
        Immutable("Revision", "Passage", "Record"),
        migrations.RunSQL(_grants("GRANT", "TO"), _grants("REVOKE", "FROM")),
    ]
