"""What calls and steps hold is kept compressed, and a run's calls have one index for two.

What was written before stays as plain JSON: each value tells by its first byte.
"""

from django.db import migrations, models

from tenants.db.packed_json import PackedJSONField

PACK = "ALTER TABLE {0} ALTER {1} TYPE bytea USING convert_to({1}::text, 'UTF8')"


def pack(model: str, table: str, name: str, *, null: bool) -> migrations.RunSQL:
    """Keep a column's JSON as bytes."""
    state = migrations.AlterField(model, name, PackedJSONField(null=null))
    return migrations.RunSQL(
        PACK.format(table, name), migrations.RunSQL.noop, state_operations=[state]
    )


class Migration(migrations.Migration):
    dependencies = [("workflows", "0010_narrow_updates")]

    operations = [
        pack("call", "workflows_call", "request", null=False),
        pack("call", "workflows_call", "response", null=True),
        pack("steprun", "workflows_steprun", "output", null=True),
        migrations.RemoveIndex("call", "call_run"),
        migrations.RemoveConstraint("call", "call_attempt"),
        migrations.AddConstraint(
            "call",
            models.UniqueConstraint(
                fields=["tenant", "run", "step", "attempt"], name="call_attempt"
            ),
        ),
    ]
