"""Indexes that a page of the queue reads, and nothing else."""

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
        migrations.RemoveIndex("reviewitem", "item_decided"),
        migrations.AddIndex(
            "reviewitem",
            models.Index(
                condition=models.Q(("decided_at__isnull", False)),
                fields=["tenant", "workflow_id", "decided_at"],
                name="item_decided",
            ),
        ),
    ]
