from django.db import migrations, models

import audit.jobs


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0006_enter"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="priority",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "interactive"), (1, "normal"), (2, "bulk")],
                default=audit.jobs.Priority["NORMAL"],
            ),
        ),
        migrations.AddField(
            model_name="workflow",
            name="at_once",
            field=models.PositiveIntegerField(
                editable=False,
                help_text="Most calls in flight, as its live version says.",
                null=True,
            ),
        ),
    ]
