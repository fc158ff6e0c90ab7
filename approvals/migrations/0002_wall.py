"""The wall around what people decide; decisions are immutable."""

from django.db import migrations

from tenants.wall import BuildWall, Immutable


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial"), ("tenants", "0002_wall")]

    operations = [
        BuildWall("Tool", "NeverRule", "ReviewItem", "Proposal", "Decision", "Permit"),
        Immutable("Decision"),
    ]
