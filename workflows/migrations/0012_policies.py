"""What moves a run on is read with the client's policies, and items with what was chosen.

The rest of the function is as ``0006_enter`` and ``0009_moves`` have it.
"""

from importlib import import_module

from django.db import migrations

moves = import_module("workflows.migrations.0009_moves")
BEFORE = moves.BEFORE.replace("BEGIN\n", moves.LOCK, 1).replace("jsonb", "json")
NEVER, ITEM = "WHERE n.tenant_id = here));", "'status', i.status,"
WITH_POLICIES = """WHERE n.tenant_id = here),
        'policies', (SELECT json_agg(to_json(p) ORDER BY p.position) FROM approvals_policy p
                     WHERE p.tenant_id = here));"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0011_packed"), ("approvals", "0008_policies")]

    operations = [
        migrations.RunSQL(
            BEFORE.replace(NEVER, WITH_POLICIES).replace(ITEM, f"{ITEM} 'choice', i.choice,"),
            BEFORE,
        ),
    ]
