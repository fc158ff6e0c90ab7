import django.db.models.deletion
from django.db import migrations, models

import tenants.clock
import tenants.db.packed_json
import tenants.ids
import tenants.models.base
import tenants.scope
from tenants.wall import BuildWall


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0014_oauth"),
        ("workflows", "0030_form_previews"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportedDocument",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("api", models.CharField(max_length=20)),
                ("address", models.CharField(max_length=500)),
                ("base", models.CharField(blank=True, max_length=300)),
                ("secret", models.CharField(blank=True, max_length=60)),
                ("header", models.CharField(blank=True, max_length=100)),
                ("reading_since", models.DateTimeField(default=tenants.clock.now, null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("title", models.CharField(blank=True, max_length=120)),
                ("problem", models.CharField(blank=True, max_length=600)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        default=tenants.scope.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportedOperation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("key_hash", models.CharField(max_length=64)),
                ("words", models.TextField()),
                ("is_usable", models.BooleanField()),
                ("value", tenants.db.packed_json.PackedJSONField()),
                (
                    "document",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="operations",
                        to="workflows.importeddocument",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        default=tenants.scope.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="importeddocument",
            constraint=models.UniqueConstraint(
                fields=("tenant", "api"), name="one_document_an_api"
            ),
        ),
        migrations.AddConstraint(
            model_name="importedoperation",
            constraint=models.UniqueConstraint(
                fields=("tenant", "document", "number"), name="one_operation_a_number"
            ),
        ),
        BuildWall("ImportedDocument"),
        BuildWall("ImportedOperation"),
    ]
