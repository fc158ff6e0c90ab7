"""Counting what waits reads an index and nothing else."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0004_undo")]

    operations = [
        migrations.RemoveIndex("reviewitem", "queue"),
        migrations.AddIndex(
            "reviewitem",
            models.Index(
                condition=models.Q(("status", "waiting")),
                fields=["tenant", "due_at", "id"],
                include=["kind", "workflow_id"],
                name="queue",
            ),
        ),
    ]
