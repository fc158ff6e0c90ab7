from django.conf import settings
from django.db import migrations, models

# What was uploaded before counts as confirmed by its owner. The wall is down for the owner of
# the tables meanwhile, who sees no rows else; a pending check would keep it from going up.
CONFIRMED = [
    "ALTER TABLE tenants_source NO FORCE ROW LEVEL SECURITY",
    "UPDATE tenants_source SET confirmed_by_id = owner_id WHERE verified_at IS NOT NULL",
    "SET CONSTRAINTS ALL IMMEDIATE",
    "ALTER TABLE tenants_source FORCE ROW LEVEL SECURITY",
]


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0008_search_text"),
    ]

    operations = [
        migrations.AddField(
            model_name="source",
            name="confirmed_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                help_text=(
                    "Who said that this content is true; null: it was uploaded, nobody said so."
                ),
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="verified_at",
            field=models.DateTimeField(
                editable=False,
                help_text="When its content was last uploaded or confirmed.",
                null=True,
            ),
        ),
        migrations.RunSQL(CONFIRMED, migrations.RunSQL.noop),
    ]
