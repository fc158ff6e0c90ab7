"""A leased job has no entry by the time of its next wake-up: the sweep finds it by its lease."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0010_budget_verbs"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="outbox",
            index=models.Index(
                condition=models.Q(("lease_until__isnull", True)),
                fields=["hint_at"],
                name="outbox_hint",
            ),
        ),
        migrations.AlterField(
            model_name="outbox",
            name="hint_at",
            field=models.DateTimeField(),
        ),
    ]
