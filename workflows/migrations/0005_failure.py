import django.db.models.deletion
from django.db import migrations, models

import tenants.ids
import tenants.models.base
import tenants.scope
from tenants.wall import BuildWall, composite_key_sql


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_wall"),
        ("workflows", "0004_flow"),
    ]

    operations = [
        migrations.CreateModel(
            name="Circuit",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("model", "model"), ("tool", "tool")], max_length=8),
                ),
                ("name", models.CharField(help_text="The model or the tool.", max_length=80)),
                ("failures", models.PositiveIntegerField(default=0, help_text="In a row.")),
                ("failed_at", models.DateTimeField()),
                ("opens", models.PositiveSmallIntegerField(default=0, help_text="In a row.")),
                ("opened_at", models.DateTimeField(null=True)),
                (
                    "probe_at",
                    models.DateTimeField(
                        help_text="When a call was let through to try.", null=True
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=300)),
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
        migrations.AddField(
            model_name="run",
            name="paused_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="rerun_from",
            field=models.CharField(blank=True, help_text="The step it began at.", max_length=40),
        ),
        migrations.AddField(
            model_name="run",
            name="rerun_of",
            field=tenants.models.base.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reruns",
                to="workflows.run",
            ),
        ),
        migrations.AddField(
            model_name="steprun",
            name="fallback",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="Which of the step's fallbacks this is; 0 for the step itself."
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status__in", ("running", "waiting"))),
                fields=["tenant", "id"],
                name="run_under_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="circuit",
            constraint=models.UniqueConstraint(
                fields=("tenant", "kind", "name"), name="one_circuit_a_name"
            ),
        ),
        BuildWall("Circuit"),
        migrations.RunSQL(
            composite_key_sql("workflows_run", "rerun_of_id", "workflows_run"),
            "ALTER TABLE workflows_run DROP CONSTRAINT workflows_run_rerun_of_id_wall",
        ),
    ]
