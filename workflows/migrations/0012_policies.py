"""What moves a run on is read with the client's policies: see ``0006_enter``."""

from importlib import import_module

from django.db import migrations

ENTER = import_module("workflows.migrations.0006_enter").ENTER
HOUSE = "WHERE n.tenant_id = here));"
WITH_POLICIES = """WHERE n.tenant_id = here),
        'policies', (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.position) FROM approvals_policy p
                     WHERE p.tenant_id = here));"""
REPLACE = "CREATE OR REPLACE FUNCTION"


class Migration(migrations.Migration):
    dependencies = [("workflows", "0011_packed"), ("approvals", "0008_policies")]

    operations = [
        migrations.RunSQL(
            ENTER.replace(HOUSE, WITH_POLICIES).replace("CREATE FUNCTION", REPLACE),
            ENTER.replace("CREATE FUNCTION", REPLACE),
        ),
    ]
