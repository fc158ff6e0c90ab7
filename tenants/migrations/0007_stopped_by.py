from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0006_quality"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="stopped_by",
            field=models.JSONField(
                editable=False, help_text="Who stopped it, as tenants.halts has it.", null=True
            ),
        ),
    ]
