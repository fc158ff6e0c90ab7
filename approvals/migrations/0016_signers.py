from django.db import migrations, models

# Workers of the former release go on inserting rows without these columns.
DEFAULT = "ALTER TABLE {} ALTER COLUMN {} SET DEFAULT '[]'"


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0015_at_end"),
    ]

    operations = [
        migrations.AddField(
            model_name="permit",
            name="signers",
            field=models.JSONField(
                default=list,
                help_text="Ids of everybody who had said yes to exactly this.",
            ),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="shaped_by",
            field=models.JSONField(
                default=list,
                help_text="Ids and mailboxes of those who asked for it or shaped it before.",
            ),
        ),
        migrations.AlterField(
            model_name="reviewitem",
            name="asked_by_person",
            field=models.UUIDField(null=True),
        ),
        migrations.RunSQL(DEFAULT.format("approvals_permit", "signers"), migrations.RunSQL.noop),
        migrations.RunSQL(
            DEFAULT.format("approvals_reviewitem", "shaped_by"), migrations.RunSQL.noop
        ),
    ]
