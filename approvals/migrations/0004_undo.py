import django.db.models.deletion
from django.db import migrations, models

import tenants.models.base
from tenants.wall import composite_key_sql


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0003_narrow_updates"),
        ("tenants", "0003_turns"),
    ]

    operations = [
        migrations.AddField(
            model_name="proposal",
            name="undoes",
            field=tenants.models.base.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="The action it undoes; null again if that came to nothing.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undos",
                to="approvals.proposal",
            ),
        ),
        migrations.AddField(
            model_name="tool",
            name="undo_args",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="CEL for each argument of the undo tool.",
            ),
        ),
        migrations.AddField(
            model_name="tool",
            name="undo_check",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="What is asked first: tool, args, if and why.",
            ),
        ),
        migrations.AlterField(
            model_name="decision",
            name="choice",
            field=models.CharField(
                choices=[
                    ("accept", "accepted as written"),
                    ("correct", "accepted after an edit"),
                    ("reject", "rejected"),
                    ("take_over", "taken over"),
                    ("resolve", "resolved"),
                    ("undo", "asked to undo"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="reviewitem",
            name="choice",
            field=models.CharField(
                blank=True,
                choices=[
                    ("accept", "accepted as written"),
                    ("correct", "accepted after an edit"),
                    ("reject", "rejected"),
                    ("take_over", "taken over"),
                    ("resolve", "resolved"),
                    ("undo", "asked to undo"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="reviewitem",
            name="kind",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("recommendation", "recommendation"),
                    ("proposal", "action"),
                    ("exception", "exception"),
                    ("undo", "undo"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="tool",
            name="undo_hours",
            field=models.PositiveIntegerField(default=0, help_text="0: as long as one likes."),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("undoes__isnull", False)),
                fields=("tenant", "undoes"),
                name="undone_once",
            ),
        ),
        migrations.RunSQL(
            composite_key_sql("approvals_proposal", "undoes_id", "approvals_proposal"),
            "ALTER TABLE approvals_proposal DROP CONSTRAINT approvals_proposal_undoes_id_wall",
        ),
    ]
