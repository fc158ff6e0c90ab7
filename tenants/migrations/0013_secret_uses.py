"""A secret says for which environment and scope it is, and when it was last used."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0012_agent_caps"),
    ]

    operations = [
        migrations.AddField(
            model_name="secret",
            name="environment",
            field=models.CharField(
                blank=True,
                choices=[("", "Both"), ("live", "Live"), ("test", "Test")],
                db_default="",
                default="",
                help_text="Only tools of this environment may have it.",
                max_length=4,
            ),
        ),
        migrations.AddField(
            model_name="secret",
            name="scope",
            field=models.CharField(
                blank=True,
                choices=[("", "Both"), ("read", "It reads"), ("write", "It changes things")],
                db_default="",
                default="",
                help_text="A tool that only reads gets none that may change things.",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="secret",
            name="used_on",
            field=models.DateField(editable=False, null=True),
        ),
    ]
