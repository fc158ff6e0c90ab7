import django.db.models.deletion
from django.db import migrations, models

import tenants.db.packed_json
import tenants.ids
import tenants.scope
from tenants.wall import BuildWall


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0011_budgets"),
        ("workflows", "0019_deployment_tries"),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="reused_from",
            field=models.UUIDField(
                help_text="The call whose kept answer this is; nothing was asked then.", null=True
            ),
        ),
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=64)),
                ("call_id", models.UUIDField()),
                ("response", tenants.db.packed_json.PackedJSONField()),
                ("expires_at", models.DateTimeField()),
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
                "indexes": [models.Index(fields=["tenant", "expires_at"], name="kept_answer_end")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "key"), name="one_kept_answer_a_question"
                    )
                ],
            },
        ),
        BuildWall("KeptAnswer"),
    ]
