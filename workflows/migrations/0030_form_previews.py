import django.db.models.deletion
from django.db import migrations, models

import tenants.clock
import tenants.ids
import tenants.models.base
import tenants.scope
from tenants.wall import BuildWall, Immutable


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0026_no_proposal_run"),
        ("tenants", "0013_secret_uses"),
        ("workflows", "0029_pictures"),
    ]

    operations = [
        migrations.CreateModel(
            name="FormPreview",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("form", models.JSONField(null=True)),
                ("content", models.BinaryField(default=b"")),
                ("problem", models.CharField(blank=True, max_length=400)),
                ("made_at", models.DateTimeField(default=tenants.clock.now, editable=False)),
                (
                    "proposal",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.proposal",
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
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["tenant", "proposal"], name="one_preview_of_a_proposal"
                    )
                ],
            },
        ),
        BuildWall("FormPreview"),
        Immutable("FormPreview"),
    ]
