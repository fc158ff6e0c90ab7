"""Runs have a purpose, and those that are not for work are sealed.

None of a sealed run's rows is ever committed: the trigger on the run is deferred to the commit, and
refuses it. Whatever hangs on the run (steps, calls, items, events, jobs of the outbox, and so
mails) is of the same transaction. Inside it no permit of the run can be made or redeemed.
"""

from django.db import migrations, models

DEFAULT = "ALTER TABLE workflows_run ALTER COLUMN purpose SET DEFAULT 'work'"
REFUSE = """
CREATE FUNCTION workflows_refuse_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a run for % is sealed: it is never committed, and its purpose never changes',
        NEW.purpose USING ERRCODE = 'restrict_violation';
END $$
"""
# Deferred to the commit. A rollback, also one to a savepoint, forgets it.
COMMIT = """
CREATE CONSTRAINT TRIGGER workflows_run_sealed AFTER INSERT OR UPDATE OF purpose ON workflows_run
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.purpose <> 'work')
EXECUTE FUNCTION workflows_refuse_sealed()
"""
PURPOSE = """
CREATE TRIGGER workflows_run_purpose BEFORE UPDATE OF purpose ON workflows_run
FOR EACH ROW WHEN (OLD.purpose <> NEW.purpose) EXECUTE FUNCTION workflows_refuse_sealed()
"""
# After the statement, which may insert the proposal too. A run that is not found has no permits.
REFUSE_PERMIT = """
CREATE FUNCTION workflows_refuse_sealed_permit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM approvals_proposal p
        JOIN approvals_reviewitem i ON i.tenant_id = p.tenant_id AND i.id = p.item_id
        JOIN workflows_run r ON r.tenant_id = i.tenant_id AND r.id = i.run_id
        WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.proposal_id AND r.purpose = 'work')
    THEN
        RAISE EXCEPTION 'only a run for work has permits' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$
"""
PERMIT = """
CREATE TRIGGER approvals_permit_sealed AFTER INSERT OR UPDATE OF status, proposal_id
ON approvals_permit FOR EACH ROW WHEN (NEW.status <> 'void')
EXECUTE FUNCTION workflows_refuse_sealed_permit()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0026_no_proposal_run"),
        ("workflows", "0026_mcp_servers"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="purpose",
            field=models.CharField(
                choices=[("work", "work"), ("drill", "drill")],
                default="work",
                help_text="What it is for; one that is not for work is sealed, and never "
                "committed.",
                max_length=10,
            ),
        ),
        # For the workers of the former release, which don't know the column.
        migrations.RunSQL(DEFAULT, "ALTER TABLE workflows_run ALTER COLUMN purpose DROP DEFAULT"),
        migrations.RunSQL(REFUSE, "DROP FUNCTION workflows_refuse_sealed()"),
        migrations.RunSQL(COMMIT, "DROP TRIGGER workflows_run_sealed ON workflows_run"),
        migrations.RunSQL(PURPOSE, "DROP TRIGGER workflows_run_purpose ON workflows_run"),
        migrations.RunSQL(REFUSE_PERMIT, "DROP FUNCTION workflows_refuse_sealed_permit()"),
        migrations.RunSQL(PERMIT, "DROP TRIGGER approvals_permit_sealed ON approvals_permit"),
    ]
