"""A run is moved on under a lock that stopping everything waits for.

What is read comes as json, not jsonb: it is only written out, so it need not be taken apart.
"""

from importlib import import_module

from django.db import migrations

from tenants.scope import MOVES

BEFORE = import_module("workflows.migrations.0006_enter").ENTER.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
LOCK = f"""BEGIN
    -- What is read below is then as it is after whoever stopped everything.
    PERFORM pg_advisory_xact_lock_shared({MOVES});
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0008_run_under_way"),
    ]

    operations = [
        migrations.RunSQL(
            BEFORE.replace("BEGIN\n", LOCK, 1).replace("jsonb", "json"), reverse_sql=BEFORE
        ),
    ]
