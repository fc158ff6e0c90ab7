from django.db import migrations, models

# Workers of the former release go on inserting rows without these columns.
DEFAULTS = """
ALTER TABLE workflows_call ALTER COLUMN cache_read SET DEFAULT 0,
    ALTER COLUMN cache_write SET DEFAULT 0, ALTER COLUMN reasoning SET DEFAULT 0
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0015_run_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="cache_read",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="call",
            name="cache_write",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="call",
            name="reasoning",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.RunSQL(DEFAULTS, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="call",
            name="cost_micros",
            field=models.BigIntegerField(
                default=0,
                help_text="Millionths of a US dollar; null where it isn't known.",
                null=True,
            ),
        ),
    ]
