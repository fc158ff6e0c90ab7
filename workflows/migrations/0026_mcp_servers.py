import django.db.models.deletion
from django.db import migrations, models

import tenants.clock
import tenants.ids
import tenants.scope
from tenants.wall import BuildWall


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0012_agent_caps"),
        ("workflows", "0025_open_by_item"),
    ]

    operations = [
        migrations.CreateModel(
            name="McpServer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=20)),
                ("title", models.CharField(max_length=120)),
                ("address", models.CharField(blank=True, max_length=500)),
                ("command", models.CharField(blank=True, max_length=40)),
                ("secret", models.CharField(blank=True, max_length=60)),
                ("carrier", models.CharField(blank=True, max_length=100)),
                ("made_at", models.DateTimeField(default=tenants.clock.now, editable=False)),
                (
                    "issuer",
                    models.CharField(blank=True, default="", editable=False, max_length=500),
                ),
                ("seen", models.JSONField(default=dict, editable=False)),
                (
                    "seen_pin",
                    models.CharField(blank=True, default="", editable=False, max_length=64),
                ),
                ("reviewed", models.JSONField(default=list, editable=False)),
                (
                    "reviewed_pin",
                    models.CharField(blank=True, default="", editable=False, max_length=64),
                ),
                ("looked_at", models.DateTimeField(editable=False, null=True)),
                ("worked_at", models.DateTimeField(editable=False, null=True)),
                ("look_asked_at", models.DateTimeField(editable=False, null=True)),
                ("problem", models.TextField(blank=True, default="", editable=False)),
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
                    models.UniqueConstraint(fields=("tenant", "name"), name="mcp_server_name"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("address", ""), models.Q(("command", ""), _negated=True)),
                            models.Q(models.Q(("address", ""), _negated=True), ("command", "")),
                            _connector="OR",
                        ),
                        name="mcp_server_is_in_one_place",
                    ),
                ],
            },
        ),
        BuildWall("McpServer"),
    ]
