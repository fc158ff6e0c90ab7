from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0010_models"),
    ]

    operations = [
        migrations.AddField(
            model_name="provider",
            name="is_budgeted",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Whether it has budgets itself.",
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="model_keeps_days",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="The most days that a model's provider may keep prompts. Empty: any.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="is_budgeted",
            field=models.BooleanField(
                db_default=False, default=False, editable=False, help_text="Whether it has budgets."
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="unpriced_call_micros",
            field=models.BigIntegerField(
                blank=True,
                help_text="What a call at an unknown price counts for in budgets, in millionths "
                "of a US dollar. Empty: such a call is refused where a budget counts money.",
                null=True,
            ),
        ),
    ]
