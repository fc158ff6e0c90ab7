from django.db import migrations, models

import tenants.business_hours


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_turns"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="working_hours",
            field=models.JSONField(
                default=tenants.business_hours.default,
                help_text="Working hours: days (0 is Monday), opens and closes, in its time zone.",
            ),
        ),
    ]
