from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0004_working"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="take_back_seconds",
            field=models.PositiveSmallIntegerField(
                default=10,
                help_text="How long nothing follows from a decision, so that it can be taken back.",
            ),
        ),
    ]
