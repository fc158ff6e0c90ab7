from django.db import migrations, models

# Workers of the former release go on inserting rows without these columns.
DEFAULT = "ALTER TABLE {} ALTER COLUMN {} SET DEFAULT '[]'"


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0012_policies"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="paused_by",
            field=models.JSONField(help_text="Who paused it, as tenants.halts has it.", null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="requested_by",
            field=models.JSONField(
                default=list,
                help_text="Ids of the people behind the request: in person, by key, again.",
            ),
        ),
        migrations.AddField(
            model_name="workflow",
            name="paused_by",
            field=models.JSONField(
                editable=False, help_text="Who paused it, as tenants.halts has it.", null=True
            ),
        ),
        migrations.RunSQL(DEFAULT.format("workflows_run", "requested_by"), migrations.RunSQL.noop),
    ]
