"""The wall around the record, append-only; the outbox stays outside."""

from django.db import migrations

from tenants.wall import BuildWall, Immutable


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("tenants", "0002_wall")]

    operations = [BuildWall("Event", "Seal"), Immutable("Event", "Seal")]
