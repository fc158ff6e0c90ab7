"""What is approved and not begun is found through the items of a run, not by the action's run.

So actions need no index by their run (``approvals.0026_no_proposal_run``).
"""

from importlib import import_module

from django.db import migrations

former = import_module("workflows.migrations.0012_policies")
BEFORE = former.BEFORE.replace(former.NEVER, former.WITH_POLICIES).replace(
    former.ITEM, f"{former.ITEM} 'choice', i.choice,"
)
BY_RUN = "p.run_id = wanted AND p.status = 'approved'"
BY_ITEM = """p.item_id = ANY(ARRAY(
                     SELECT i.id FROM approvals_reviewitem i
                     WHERE i.tenant_id = here AND i.run_id = wanted)) AND p.status = 'approved'"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0024_room"),
    ]

    operations = [
        migrations.RunSQL(BEFORE.replace(BY_RUN, BY_ITEM), reverse_sql=BEFORE),
    ]
