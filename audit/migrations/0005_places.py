from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_verbs"),
    ]

    operations = [
        migrations.AddField(
            model_name="outbox",
            name="called_at",
            field=models.DateTimeField(db_default=None, null=True),
        ),
        migrations.AddField(
            model_name="outbox",
            name="lane",
            field=models.CharField(db_default=None, max_length=48, null=True),
        ),
        migrations.AddField(
            model_name="outbox",
            name="via",
            field=models.CharField(db_default=None, max_length=90, null=True),
        ),
        migrations.AddField(
            model_name="outbox",
            name="waits_for",
            field=models.CharField(db_default=None, max_length=90, null=True),
        ),
        migrations.AddIndex(
            model_name="outbox",
            index=models.Index(
                condition=models.Q(("lane__isnull", False), ("lease_until__isnull", False)),
                fields=["lane"],
                name="outbox_lane",
            ),
        ),
        migrations.AddIndex(
            model_name="outbox",
            index=models.Index(
                condition=models.Q(("lease_until__isnull", False), ("via__isnull", False)),
                fields=["via", "tenant_id"],
                name="outbox_via",
            ),
        ),
        migrations.AddIndex(
            model_name="outbox",
            index=models.Index(
                condition=models.Q(("waits_for__isnull", False)),
                fields=["waits_for", "tenant_id", "priority", "due_at", "id"],
                name="outbox_waits",
            ),
        ),
        migrations.AddIndex(
            model_name="outbox",
            index=models.Index(
                condition=models.Q(("lease_until__isnull", True)),
                fields=["tenant_id", "object_id"],
                name="outbox_idle",
            ),
        ),
    ]
