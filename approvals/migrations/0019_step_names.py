"""The step of an item or action is the name in the definition; fields say the rest.

Rows of the former release have marks after the name: "!" in exceptions, "~" in undos, "~!" in
exceptions about an undo, "*" and a number in planted copies. Its processes go on inserting such
rows, and no constraint stands against them. Drafts stay as they are, as their hash is of what
people saw.
"""

from django.db import migrations, models
from django.db.models import Q

# Processes of the former release go on inserting rows without the column.
DEFAULT = "ALTER TABLE approvals_proposal ALTER COLUMN is_undo SET DEFAULT false"

# The step and the undo of a row, with marks or without.
ROWS = """
    SELECT i.tenant_id, i.id, i.run_id, i.kind, named.step,
           i.draft @> '{"undo": true}' OR right(i.draft->>'step', 1) = '~' AS about_undo
    FROM approvals_reviewitem i
    CROSS JOIN LATERAL (SELECT rtrim(i.step, '~!') AS step) AS named
    WHERE i.kind IN ('exception', 'undo')"""

# Exceptions about an undo and those about its step count attempts together.
PLAIN_ITEMS = f"""
UPDATE approvals_reviewitem i SET step = n.step, attempt = n.attempt
FROM (SELECT r.*, row_number() OVER (
          PARTITION BY r.tenant_id, r.run_id, r.kind, r.step ORDER BY r.id) AS attempt
      FROM ({ROWS}) AS r) AS n
WHERE n.tenant_id = i.tenant_id AND n.id = i.id
"""
PLAIN_COPIES = r"""
UPDATE approvals_reviewitem SET step = regexp_replace(step, '\*[0-9]+$', '') WHERE planted
"""
PLAIN_ACTIONS = """
UPDATE approvals_proposal SET step = rtrim(step, '~'), is_undo = true WHERE right(step, 1) = '~'
"""

MARKED_ITEMS = f"""
UPDATE approvals_reviewitem i SET attempt = n.attempt, step = n.step || CASE
    WHEN n.kind = 'undo' THEN '~' WHEN n.about_undo THEN '~!' ELSE '!' END
FROM (SELECT r.*, row_number() OVER (
          PARTITION BY r.tenant_id, r.run_id, r.kind, r.step, r.about_undo
          ORDER BY r.id) AS attempt
      FROM ({ROWS}) AS r) AS n
WHERE n.tenant_id = i.tenant_id AND n.id = i.id
"""
MARKED_COPIES = r"""
UPDATE approvals_reviewitem i SET step = n.step || '*' || n.number
FROM (SELECT tenant_id, id, step, row_number() OVER (
          PARTITION BY tenant_id, run_id, step ORDER BY id) AS number
      FROM (SELECT tenant_id, id, run_id, regexp_replace(step, '\*[0-9]+$', '') AS step
            FROM approvals_reviewitem WHERE planted) AS r) AS n
WHERE n.tenant_id = i.tenant_id AND n.id = i.id
"""
MARKED_ACTIONS = "UPDATE approvals_proposal SET step = step || '~' WHERE is_undo"

TABLES = ("approvals_reviewitem", "approvals_proposal")


def with_wall_down(*statements: str) -> list[str]:
    """Return the statements, with the wall down meanwhile for the owner of the tables.

    The owner sees no rows else. A pending check would keep the wall from going up again.
    """
    return [
        *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in TABLES),
        *statements,
        "SET CONSTRAINTS ALL IMMEDIATE",
        *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in TABLES),
    ]


def one_an_attempt(name: str, condition: Q) -> migrations.AddConstraint:
    """Return the operation that adds the constraint of one sort of items."""
    fields = ["tenant", "run_id", "step", "attempt"]
    constraint = models.UniqueConstraint(fields=fields, condition=condition, name=name)
    return migrations.AddConstraint(model_name="reviewitem", constraint=constraint)


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0018_viewings"),
    ]

    operations = [
        migrations.AddField(
            model_name="proposal",
            name="is_undo",
            field=models.BooleanField(
                default=False, help_text="Whether it undoes, or was to undo, an action."
            ),
        ),
        migrations.RunSQL(DEFAULT, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="reviewitem", name="one_item_an_attempt"),
        migrations.RunSQL(
            with_wall_down(PLAIN_ITEMS, PLAIN_COPIES, PLAIN_ACTIONS),
            with_wall_down(MARKED_ITEMS, MARKED_COPIES, MARKED_ACTIONS),
        ),
        # The index of the constraint that is gone served reading the items of a run.
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(fields=["tenant", "run_id"], name="item_run"),
        ),
        one_an_attempt(
            "one_content_an_attempt",
            Q(kind__in=("draft", "recommendation", "proposal"), planted=False),
        ),
        one_an_attempt("one_exception_an_attempt", Q(kind="exception")),
        one_an_attempt("one_undo_an_attempt", Q(kind="undo")),
    ]
