from django.db import migrations, models

# Workers of the former release go on inserting rows without this column.
DEFAULT = "ALTER TABLE workflows_inboundmail ALTER COLUMN reply_to SET DEFAULT ''"


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0013_halts"),
    ]

    operations = [
        migrations.AddField(
            model_name="inboundmail",
            name="reply_to",
            field=models.CharField(blank=True, default="", max_length=254),
            preserve_default=False,
        ),
        migrations.RunSQL(DEFAULT, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="inboundmail",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("started", "started a run"),
                    ("waiting", "waits for its turn"),
                    ("ignored", "left alone"),
                    ("refused", "could not be used"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="inboundmail",
            index=models.Index(
                condition=models.Q(("outcome", "started")),
                fields=["tenant", "mailbox", "seen_at"],
                name="mail_started",
            ),
        ),
        migrations.AddIndex(
            model_name="inboundmail",
            index=models.Index(
                condition=models.Q(("outcome", "waiting")),
                fields=["tenant", "mailbox", "uid"],
                name="mail_waiting",
            ),
        ),
    ]
