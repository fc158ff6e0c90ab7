"""What changes lies behind what stays, and redeeming a permit moves no index."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from tenants.db.column_order import MoveToEnd

# Free room on each page, so that a row's next version finds room beside it.
ROOM = "ALTER TABLE {} SET (fillfactor = {})"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0002_wall"), ("workflows", "0009_moves")]

    operations = [
        MoveToEnd("reviewitem", "decided_at", "decided_by_id", "status", "choice", "reason_code"),
        MoveToEnd("proposal", "executed_at", "status", "result"),
        MoveToEnd("permit", "redeemed_at", "status", "void_because"),
        migrations.RemoveConstraint("permit", "one_live_permit_a_proposal"),
        migrations.AddConstraint(
            "permit",
            models.UniqueConstraint(
                condition=Q(void_because=""),
                fields=("tenant", "proposal"),
                name="one_live_permit_a_proposal",
            ),
        ),
        migrations.AddConstraint(
            "permit",
            models.CheckConstraint(
                condition=Q(status="void") & ~Q(void_because="")
                | ~Q(status="void") & Q(void_because=""),
                name="void_means_a_reason",
            ),
        ),
        # Nobody looks for what a person decided by the person alone: it would cross tenants.
        migrations.AlterField(
            "decision",
            "by",
            models.ForeignKey(
                db_index=False,
                on_delete=models.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            "permit",
            "approver",
            models.ForeignKey(
                db_index=False,
                on_delete=models.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RemoveIndex("reviewitem", "item_decided"),
        migrations.AddIndex(
            "reviewitem",
            models.Index(
                condition=Q(decided_at__isnull=False),
                fields=["tenant", "decided_at"],
                name="item_decided",
            ),
        ),
        migrations.RunSQL(ROOM.format("approvals_reviewitem", 70), migrations.RunSQL.noop),
        migrations.RunSQL(ROOM.format("approvals_proposal", 70), migrations.RunSQL.noop),
    ]
