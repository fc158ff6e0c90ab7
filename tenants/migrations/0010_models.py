from django.db import migrations, models

# Processes of the former release go on inserting rows without these columns.
DEFAULTS = """
ALTER TABLE tenants_tenant ALTER COLUMN model_names SET DEFAULT '[]',
    ALTER COLUMN model_regions SET DEFAULT '[]'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0009_confirmed_by"),
    ]

    operations = [
        migrations.AddField(
            model_name="provider",
            name="routing",
            field=models.UUIDField(
                editable=False, help_text="The id of the routing table that holds.", null=True
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="model_names",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="The only models that may be chosen; empty for any.",
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="model_regions",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="The only regions they may be in; empty for any.",
            ),
        ),
        migrations.RunSQL(DEFAULTS, migrations.RunSQL.noop),
    ]
