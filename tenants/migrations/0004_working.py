from django.db import migrations, models

import tenants.working


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_turns"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="working_hours",
            field=models.JSONField(
                default=tenants.working.default,
                help_text="Working hours: days (0 is Monday), opens and closes, in its time zone.",
            ),
        ),
    ]
