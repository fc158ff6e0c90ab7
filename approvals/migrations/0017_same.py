from django.db import migrations, models

# Processes of the former release go on inserting rows without these columns.
DEFAULT = "ALTER TABLE approvals_{} ALTER COLUMN {} SET DEFAULT {}"


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0016_signers"),
        ("tenants", "0007_stopped_by"),
    ]

    operations = [
        migrations.AddField(
            model_name="permit",
            name="knew",
            field=models.JSONField(
                default=list,
                help_text="Ids of items with the same, which the card said was done before.",
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="refuse_same",
            field=models.BooleanField(
                default=False, help_text="What was done before is not done again."
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="same_key",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Equal for what its tool calls the same.",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="tool",
            name="same_as",
            field=models.CharField(
                blank=True,
                help_text="CEL over args: what makes two actions the same thing, as "
                "args.order. What was carried out before is then said first on the card.",
                max_length=200,
            ),
        ),
        migrations.AddField(
            model_name="tool",
            name="same_days",
            field=models.PositiveSmallIntegerField(
                default=90, help_text="For so many days an action counts as done before."
            ),
        ),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(
                condition=models.Q(("same_key", ""), _negated=True),
                fields=["tenant", "same_key"],
                name="proposal_same",
            ),
        ),
        migrations.RunSQL(DEFAULT.format("proposal", "same_key", "''"), migrations.RunSQL.noop),
        migrations.RunSQL(DEFAULT.format("permit", "knew", "'[]'"), migrations.RunSQL.noop),
        migrations.RunSQL(DEFAULT.format("tool", "same_as", "''"), migrations.RunSQL.noop),
        migrations.RunSQL(DEFAULT.format("tool", "same_days", "90"), migrations.RunSQL.noop),
        migrations.RunSQL(DEFAULT.format("policy", "refuse_same", "false"), migrations.RunSQL.noop),
    ]
