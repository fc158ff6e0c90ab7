"""Actions of a run are found through its items, so the index by run goes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0025_room"),
        ("workflows", "0025_open_by_item"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="proposal",
            name="proposal_run",
        ),
    ]
