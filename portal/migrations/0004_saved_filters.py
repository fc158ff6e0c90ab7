import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.ids
import tenants.scope
from tenants.wall import BuildWall


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0003_notices"),
        ("tenants", "0004_working"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("query", models.JSONField(default=dict)),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
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
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "person", "name"), name="one_filter_a_name_and_person"
                    )
                ],
            },
        ),
        BuildWall("SavedFilter", provider_reads=False),
    ]
