"""The wall around work. Items and proposals lie below this app, so their links to it
are added here: a review item can't outlive, or belong to another tenant than, its run."""

from django.db import migrations

from tenants.wall import BuildWall, Immutable, composite_key_sql

LINKS = [
    ("approvals_reviewitem", "run_id", "workflows_run"),
    ("approvals_reviewitem", "workflow_id", "workflows_workflow"),
    ("approvals_proposal", "run_id", "workflows_run"),
    ("approvals_proposal", "workflow_id", "workflows_workflow"),
]


class Migration(migrations.Migration):
    dependencies = [("workflows", "0001_initial"), ("approvals", "0002_wall")]

    operations = [
        BuildWall("Workflow", "Version", "Run", "StepRun", "Call"),
        Immutable("Version"),
        *(
            migrations.RunSQL(
                composite_key_sql(table, column, target),
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_wall",
            )
            for table, column, target in LINKS
        ),
    ]
