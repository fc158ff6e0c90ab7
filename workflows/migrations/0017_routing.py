import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.clock
import tenants.db.packed_json
import tenants.ids


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0010_models"),
        ("workflows", "0016_tokens"),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="choice",
            field=tenants.db.packed_json.PackedJSONField(null=True),
        ),
        migrations.CreateModel(
            name="RoutingVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.PositiveIntegerField(editable=False, unique=True)),
                (
                    "table",
                    models.JSONField(help_text="As workflows.routing.table.TableGiven has it."),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                ("made_at", models.DateTimeField(default=tenants.clock.now, editable=False)),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
    ]
