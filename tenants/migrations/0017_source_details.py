import django.db.models.deletion
from django.db import migrations, models

import tenants.models.base
from tenants.wall import composite_key_sql


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0016_search_signs"),
    ]

    operations = [
        migrations.AddField(
            model_name="source",
            name="sensitivity",
            field=models.CharField(
                choices=[
                    ("public", "Public"),
                    ("internal", "Internal"),
                    ("personal", "Personal data"),
                    ("secret", "Secret"),
                ],
                db_default="internal",
                default="internal",
                help_text="No workflow reads a secret source. A public one holds nothing private.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="superseded_by",
            field=tenants.models.base.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                help_text="The source that takes its place as soon as that one is used.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.source",
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="superseded_from",
            field=models.DateTimeField(
                editable=False, help_text="When the other one took its place.", null=True
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="tags",
            field=models.JSONField(
                db_default=models.Value([], models.JSONField()),
                default=list,
                help_text="As Germany or v2.",
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="truth_for",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="What it holds true.",
                max_length=200,
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="valid_from",
            field=models.DateTimeField(help_text="It is not used before.", null=True),
        ),
        migrations.AddField(
            model_name="source",
            name="valid_until",
            field=models.DateTimeField(help_text="It is not used from then on.", null=True),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_from", None),
                    ("valid_until", None),
                    ("valid_from__lt", models.F("valid_until")),
                    _connector="OR",
                ),
                name="source_is_valid_before_it_is_not",
            ),
        ),
        migrations.RunSQL(
            composite_key_sql("tenants_source", "superseded_by_id", "tenants_source"),
            "ALTER TABLE tenants_source DROP CONSTRAINT tenants_source_superseded_by_id_wall",
        ),
    ]
