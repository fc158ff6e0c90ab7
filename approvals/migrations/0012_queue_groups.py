"""What waits, by customer and by workflow, in the order people work it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0011_take_back")]

    operations = [
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("status", "waiting")),
                fields=["tenant", "asked_by", "due_at", "id"],
                include=("kind", "workflow_id"),
                name="queue_by_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("status", "waiting")),
                fields=["tenant", "workflow_id", "due_at", "id"],
                include=("kind",),
                name="queue_by_workflow",
            ),
        ),
    ]
