from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0014_quality"),
    ]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="at_end",
            field=models.CharField(
                choices=[
                    ("close", "Nothing is done"),
                    (
                        "raise",
                        "Nothing is done; an action becomes an exception for the workflow's owner",
                    ),
                ],
                db_default="close",
                default="close",
                max_length=8,
            ),
        ),
    ]
