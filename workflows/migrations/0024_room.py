"""More free room on pages, for runs, steps and calls of a burst: see ``approvals.0025_room``."""

from django.db import migrations

ROOM = "ALTER TABLE {} SET (fillfactor = {})"


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0023_release_reservations"),
    ]

    operations = [
        migrations.RunSQL(ROOM.format("workflows_call", 45), ROOM.format("workflows_call", 60)),
        migrations.RunSQL(
            ROOM.format("workflows_steprun", 55), ROOM.format("workflows_steprun", 70)
        ),
        migrations.RunSQL(ROOM.format("workflows_run", 45), ROOM.format("workflows_run", 70)),
    ]
