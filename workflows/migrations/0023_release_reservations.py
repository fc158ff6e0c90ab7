from django.db import migrations

from tenants.wall import TENANT_SQL

# What a call keeps is given back, or counts as spent where the call may have been made. The locks
# are those of ``workflows_reserve``, in the same order.
RELEASE = f"""
CREATE FUNCTION workflows_release(lost jsonb, is_spent boolean)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    here uuid := {TENANT_SQL};
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('budgets ' || here::text, 0));
    PERFORM set_config('handrail.places', 'asked', true);
    PERFORM FROM workflows_providerbudgetperiod p
    WHERE p.id IN (SELECT l.id FROM jsonb_to_recordset(lost) AS l(id uuid, house boolean)
                   WHERE l.house)
    ORDER BY p.id FOR UPDATE;
    UPDATE workflows_budgetperiod p SET reserved = p.reserved - l.amount,
        spent = p.spent + CASE WHEN is_spent THEN l.amount ELSE 0 END
    FROM jsonb_to_recordset(lost) AS l(id uuid, amount bigint, house boolean)
    WHERE p.tenant_id = here AND p.id = l.id AND NOT l.house;
    UPDATE workflows_providerbudgetperiod p SET reserved = p.reserved - l.amount,
        spent = p.spent + CASE WHEN is_spent THEN l.amount ELSE 0 END
    FROM jsonb_to_recordset(lost) AS l(id uuid, amount bigint, house boolean)
    WHERE p.id = l.id AND l.house;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0022_budgets_of_handed_runs")]

    operations = [
        migrations.RunSQL(RELEASE, "DROP FUNCTION workflows_release(jsonb, boolean)"),
    ]
