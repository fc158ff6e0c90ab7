"""Runs of runs, rows of items, and events that runs are told of."""

import django.db.models.deletion
from django.db import migrations, models

import tenants.clock
import tenants.ids
import tenants.models.base
import tenants.scope
from tenants.wall import BuildWall, composite_key_sql


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_wall"),
        ("workflows", "0003_triggers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Arrival",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("data", models.JSONField(default=dict)),
                ("sent_by", models.CharField(max_length=160)),
                ("idempotency_key", models.CharField(max_length=128, null=True)),
                ("content_hash", models.CharField(max_length=64)),
                ("came_at", models.DateTimeField(default=tenants.clock.now)),
                (
                    "run",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="arrivals",
                        to="workflows.run",
                    ),
                ),
                (
                    "taken_by",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workflows.steprun",
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
        migrations.RemoveConstraint(
            model_name="steprun",
            name="one_live_step_a_name",
        ),
        migrations.AddField(
            model_name="run",
            name="parent",
            field=tenants.models.base.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="The handoff step that started it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="children",
                to="workflows.steprun",
            ),
        ),
        migrations.AddField(
            model_name="steprun",
            name="item",
            field=models.PositiveSmallIntegerField(
                help_text="Which one of for_each, from 0.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="trigger",
            field=models.CharField(
                choices=[
                    ("api", "API"),
                    ("mail", "e-mail"),
                    ("schedule", "schedule"),
                    ("person", "person"),
                    ("workflow", "another workflow"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                condition=models.Q(("parent__isnull", False)),
                fields=("tenant", "parent"),
                name="one_child_a_step",
            ),
        ),
        migrations.AddConstraint(
            model_name="steprun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaced_at", None)),
                fields=("tenant", "run", "name", "item"),
                name="one_live_step_a_name",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            model_name="arrival",
            index=models.Index(fields=["tenant", "run"], name="arrival_run"),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.UniqueConstraint(
                condition=models.Q(("idempotency_key__isnull", False)),
                fields=("tenant", "run", "idempotency_key"),
                name="one_arrival_a_key",
            ),
        ),
        BuildWall("Arrival"),
        migrations.RunSQL(
            composite_key_sql("workflows_run", "parent_id", "workflows_steprun"),
            "ALTER TABLE workflows_run DROP CONSTRAINT workflows_run_parent_id_wall",
        ),
    ]
