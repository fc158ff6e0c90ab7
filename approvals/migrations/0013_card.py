import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.clock
import tenants.ids
import tenants.models.base
import tenants.scope
from tenants.wall import BuildWall, Immutable


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0012_queue_groups"),
        ("tenants", "0004_working"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="looking",
            name="content_hash",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField(default=tenants.clock.now)),
                ("text", models.TextField(max_length=2000)),
                ("asks", models.JSONField(default=list)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "item",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="approvals.reviewitem",
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
                "indexes": [
                    models.Index(fields=["tenant", "item", "at"], name="comment_item"),
                    models.Index(
                        condition=models.Q(("asks", []), _negated=True),
                        fields=["tenant", "at"],
                        include=("item",),
                        name="comment_asks",
                    ),
                ],
            },
        ),
        BuildWall("Comment"),
        Immutable("Comment"),
    ]
