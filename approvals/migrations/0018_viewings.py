from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0017_same"),
    ]

    operations = [
        migrations.AddField(
            model_name="looking",
            name="viewings",
            field=models.JSONField(default=dict),
        ),
        # Processes of the former release go on inserting rows without the column.
        migrations.RunSQL(
            "ALTER TABLE approvals_looking ALTER COLUMN viewings SET DEFAULT '{}'",
            migrations.RunSQL.noop,
        ),
    ]
