"""More free room on pages, so that a row's next version finds room beside it in a burst too.

A turn of many runs updates most rows of a page before their former versions can be taken away.
A version on another page is logged whole, and enters every index once more. An action gets three
versions after its first.
"""

from django.db import migrations

ROOM = "ALTER TABLE {} SET (fillfactor = {})"


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0024_one_item_of_a_sort"),
    ]

    operations = [
        migrations.RunSQL(
            ROOM.format("approvals_reviewitem", 50), ROOM.format("approvals_reviewitem", 70)
        ),
        migrations.RunSQL(
            ROOM.format("approvals_proposal", 35), ROOM.format("approvals_proposal", 70)
        ),
        migrations.RunSQL(
            ROOM.format("approvals_permit", 60), "ALTER TABLE approvals_permit RESET (fillfactor)"
        ),
    ]
