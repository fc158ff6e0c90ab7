"""How an item was made is kept compressed: see ``tenants.db.packed_json``."""

from django.db import migrations

from tenants.db.packed_json import PackedJSONField

PACK = """
ALTER TABLE approvals_reviewitem ALTER evidence TYPE bytea
USING convert_to(evidence::text, 'UTF8')
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0006_snooze")]

    operations = [
        migrations.RunSQL(
            PACK,
            migrations.RunSQL.noop,
            state_operations=[
                migrations.AlterField("reviewitem", "evidence", PackedJSONField(default=dict))
            ],
        ),
    ]
