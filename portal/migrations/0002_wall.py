"""The wall around reports and mails; a report is frozen."""

from django.db import migrations

from tenants.wall import BuildWall, Immutable


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_initial"), ("tenants", "0002_wall")]

    operations = [BuildWall("Report", "Notice"), Immutable("Report")]
