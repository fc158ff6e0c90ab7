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
        ("tenants", "0013_secret_uses"),
        ("workflows", "0027_sealed_runs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Drill",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("started_at", models.DateTimeField(default=tenants.clock.now)),
                ("ended_at", models.DateTimeField(null=True)),
                ("total", models.PositiveSmallIntegerField(default=0)),
                ("done", models.PositiveSmallIntegerField(default=0)),
                (
                    "rows",
                    models.JSONField(
                        default=list,
                        help_text="As workflows.drill.rows has them, one for each failure.",
                    ),
                ),
                ("shown", models.PositiveSmallIntegerField(default=0)),
                ("declared", models.PositiveSmallIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=400)),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_index=False,
                        help_text="Null for the command line.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                (
                    "version",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drills",
                        to="workflows.version",
                    ),
                ),
                (
                    "workflow",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drills",
                        to="workflows.workflow",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "workflow", "id"], name="drill_last")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("tenant", "workflow"),
                        name="one_drill_at_a_time",
                    )
                ],
            },
        ),
        BuildWall("Drill"),
    ]
