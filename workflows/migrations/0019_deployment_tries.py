import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.clock
import tenants.ids


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0018_budgets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeploymentTry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("asked_at", models.DateTimeField(default=tenants.clock.now, editable=False)),
                ("begun_at", models.DateTimeField(editable=False, null=True)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                ("problem", models.TextField(blank=True)),
                ("advice", models.TextField(blank=True)),
                ("answer", models.TextField(blank=True)),
                ("misfit", models.TextField(blank=True)),
                (
                    "served",
                    models.CharField(
                        blank=True, help_text="The model that answered.", max_length=200
                    ),
                ),
                ("provider", models.CharField(blank=True, max_length=80)),
                ("millis", models.PositiveIntegerField(default=0)),
                ("tokens_in", models.PositiveIntegerField(default=0)),
                ("tokens_out", models.PositiveIntegerField(default=0)),
                ("cache_read", models.PositiveIntegerField(default=0)),
                ("cache_write", models.PositiveIntegerField(default=0)),
                ("reasoning", models.PositiveIntegerField(default=0)),
                ("cost_micros", models.BigIntegerField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["name", "-id"], name="try_of_deployment")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("name",),
                        name="one_open_try",
                    )
                ],
            },
        ),
    ]
