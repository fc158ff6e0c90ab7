import django.db.models.deletion
from django.db import migrations, models

import tenants.clock
import tenants.ids
import tenants.models.base
import tenants.scope
from tenants.wall import BuildWall, Immutable


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0013_secret_uses"),
        ("workflows", "0028_drills"),
    ]

    operations = [
        migrations.CreateModel(
            name="CallPicture",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("is_before", models.BooleanField(default=False)),
                ("content", models.BinaryField()),
                ("made_at", models.DateTimeField(default=tenants.clock.now, editable=False)),
                (
                    "call",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pictures",
                        to="workflows.call",
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
                "indexes": [models.Index(fields=["tenant", "call"], name="picture_of_call")],
            },
        ),
        BuildWall("CallPicture"),
        Immutable("CallPicture"),
    ]
