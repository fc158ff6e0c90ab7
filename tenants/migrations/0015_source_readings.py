import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.clock
import tenants.ids
import tenants.models.base
import tenants.scope
from tenants.wall import BuildWall


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0014_oauth"),
    ]

    operations = [
        migrations.CreateModel(
            name="SourceReading",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("filename", models.CharField(max_length=200)),
                ("content", models.BinaryField()),
                ("added_at", models.DateTimeField(default=tenants.clock.now)),
                (
                    "percent",
                    models.PositiveSmallIntegerField(
                        help_text="How much was read, as far as the file's kind tells.", null=True
                    ),
                ),
                ("problem", models.TextField(blank=True, default="")),
                (
                    "added_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings",
                        to="tenants.source",
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
                        fields=("tenant", "source"), name="one_reading_of_a_source"
                    )
                ],
            },
        ),
        BuildWall("SourceReading", provider_reads=False),
    ]
