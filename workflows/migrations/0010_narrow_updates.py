"""What changes lies behind what stays: see ``tenants.db.column_order``."""

from django.db import migrations

from tenants.db.column_order import MoveToEnd

# Free room on each page, so that a row's next version finds room beside it.
ROOM = "ALTER TABLE {} SET (fillfactor = {})"


class Migration(migrations.Migration):
    dependencies = [("workflows", "0009_moves")]

    operations = [
        MoveToEnd(
            "call",
            "tokens_in",
            "tokens_out",
            "cost_micros",
            "millis",
            "status",
            "response",
            "problem",
        ),
        MoveToEnd("steprun", "ended_at", "status", "output", "note"),
        MoveToEnd("run", "ended_at", "paused_at", "status", "outcome", "problem"),
        migrations.RunSQL(ROOM.format("workflows_call", 60), migrations.RunSQL.noop),
        migrations.RunSQL(ROOM.format("workflows_steprun", 70), migrations.RunSQL.noop),
        migrations.RunSQL(ROOM.format("workflows_run", 70), migrations.RunSQL.noop),
    ]
