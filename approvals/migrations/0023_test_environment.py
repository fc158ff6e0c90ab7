from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0022_asks_outside"),
    ]

    operations = [
        migrations.AddField(
            model_name="tool",
            name="is_test",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="It acts in a test environment of the client's system, and nothing "
                "really happens. Cards, runs and buttons say so.",
                verbose_name="is a test environment",
            ),
        ),
    ]
