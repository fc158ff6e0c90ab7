from django.db import migrations

from tenants.wall import TENANT_SQL

# The budget of each run holds for a run with the runs that it hands over to: ``of_run`` is the
# first run of them, and ``runs`` has the first run of each workflow among them, by workflow. The
# function without ``runs`` stays for the workers of the version before.
LOCK = """
    PERFORM pg_advisory_xact_lock(hashtextextended('budgets ' || here::text, 0));
    PERFORM set_config('handrail.places', 'asked', true)"""

# The same as the join says, so that Postgres finds each row by the key, however many there are.
BY_KEY = "p.id = ANY(ARRAY(SELECT (one->>'id')::uuid FROM jsonb_array_elements({}) AS one))"

RUN = "CASE WHEN b.workflow_id IS NULL THEN of_run ELSE (runs->>b.workflow_id::text)::uuid END"
HOLDS = """(b.workflow_id IS NULL OR b.workflow_id = of_workflow
        OR b.period = 'run' AND runs ? b.workflow_id::text)"""

RESERVE = f"""
CREATE FUNCTION workflows_reserve(
    of_run uuid, of_workflow uuid, runs jsonb, money bigint, tokens bigint, starts jsonb,
    house_starts jsonb, lost jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    here uuid := {TENANT_SQL};
    kept jsonb;
    refused jsonb;
BEGIN
    {LOCK};
    INSERT INTO workflows_budgetperiod (id, tenant_id, budget_id, run_id, starts_on, spent,
        reserved, told)
    SELECT uuidv7(), here, b.id, CASE WHEN b.period = 'run' THEN {RUN} END,
        (starts->>b.period)::date, 0, 0, ''
    FROM workflows_budget b
    WHERE b.tenant_id = here AND {HOLDS}
    ON CONFLICT DO NOTHING;
    INSERT INTO workflows_providerbudgetperiod (id, budget_id, starts_on, spent, reserved, told)
    SELECT uuidv7(), b.id, (house_starts->>b.period)::date, 0, 0, ''
    FROM workflows_providerbudget b ORDER BY b.id
    ON CONFLICT DO NOTHING;
    PERFORM FROM workflows_providerbudgetperiod p JOIN workflows_providerbudget b
        ON b.id = p.budget_id
    WHERE p.starts_on = (house_starts->>b.period)::date
        OR p.id IN (SELECT l.id FROM jsonb_to_recordset(lost) AS l(id uuid))
    ORDER BY p.id FOR UPDATE OF p;
    UPDATE workflows_budgetperiod p SET reserved = p.reserved - l.amount, spent = p.spent + l.amount
    FROM jsonb_to_recordset(lost) AS l(id uuid, amount bigint, house boolean)
    WHERE p.tenant_id = here AND p.id = l.id AND NOT l.house AND {BY_KEY.format("lost")};
    UPDATE workflows_providerbudgetperiod p
    SET reserved = p.reserved - l.amount, spent = p.spent + l.amount
    FROM jsonb_to_recordset(lost) AS l(id uuid, amount bigint, house boolean)
    WHERE p.id = l.id AND l.house;
    WITH budgets AS (
        SELECT p.id, b.unit, b.period, b.most, b.warn_at, b."then", p.starts_on,
            p.spent, p.reserved, p.told, b.is_providers, b.workflow_id IS NOT NULL AS of_workflow,
            CASE WHEN b.period = 'run' THEN 0 WHEN b.workflow_id IS NULL THEN 2 ELSE 1 END AS level
        FROM workflows_budget b CROSS JOIN LATERAL (
            -- Two parts, as the index is searched for a NULL that is written down alone.
            SELECT * FROM workflows_budgetperiod c WHERE c.tenant_id = here AND c.budget_id = b.id
            AND b.period <> 'run' AND c.starts_on = (starts->>b.period)::date AND c.run_id IS NULL
            UNION ALL
            SELECT * FROM workflows_budgetperiod r WHERE r.tenant_id = here AND r.budget_id = b.id
            AND b.period = 'run' AND r.starts_on IS NULL AND r.run_id = {RUN}) p
        WHERE b.tenant_id = here AND {HOLDS}
        UNION ALL
        SELECT p.id, b.unit, b.period, b.most, b.warn_at, b."then", p.starts_on,
            p.spent, p.reserved, p.told, true, false, 3
        FROM workflows_providerbudget b JOIN workflows_providerbudgetperiod p
            ON p.budget_id = b.id AND p.starts_on = (house_starts->>b.period)::date
    ), asked AS (
        SELECT *, CASE unit WHEN 'money' THEN money WHEN 'tokens' THEN tokens ELSE 1 END AS amount
        FROM budgets
    )
    SELECT
        (SELECT jsonb_agg(jsonb_build_object('id', id, 'unit', unit, 'amount', amount,
            'house', level = 3, 'warns', told = '' AND warn_at > 0 AND period <> 'run'
                AND (spent + reserved + amount)::numeric * 100 >= most::numeric * warn_at)
            ORDER BY level, id) FROM asked),
        (SELECT to_jsonb(a) FROM asked a
         WHERE amount IS NULL OR spent + reserved + amount > most ORDER BY level, id LIMIT 1)
    INTO kept, refused;
    IF refused IS NULL THEN
        UPDATE workflows_budgetperiod p SET reserved = p.reserved + k.amount,
            told = CASE WHEN k.warns THEN 'warned' ELSE p.told END
        FROM jsonb_to_recordset(kept) AS k(id uuid, amount bigint, house boolean, warns boolean)
        WHERE p.tenant_id = here AND p.id = k.id AND NOT k.house AND {BY_KEY.format("kept")};
        UPDATE workflows_providerbudgetperiod p SET reserved = p.reserved + k.amount,
            told = CASE WHEN k.warns THEN 'warned' ELSE p.told END
        FROM jsonb_to_recordset(kept) AS k(id uuid, amount bigint, house boolean, warns boolean)
        WHERE p.id = k.id AND k.house;
    -- A call that is larger than the whole budget does not use it up.
    ELSIF (refused->>'spent')::bigint + (refused->>'amount')::bigint > (refused->>'most')::bigint
        AND ((refused->>'amount')::bigint <= (refused->>'most')::bigint
            OR (refused->>'spent')::bigint >= (refused->>'most')::bigint)
    THEN
        UPDATE workflows_budgetperiod p SET told = 'stopped'
        WHERE p.tenant_id = here AND p.id = (refused->>'id')::uuid AND p.told <> 'stopped';
        UPDATE workflows_providerbudgetperiod p SET told = 'stopped'
        WHERE p.id = (refused->>'id')::uuid AND p.told <> 'stopped';
    END IF;
    RETURN jsonb_build_object('kept', coalesce(kept, '[]'), 'refused', refused);
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0021_circuit_rest")]

    operations = [
        migrations.RunSQL(
            RESERVE,
            "DROP FUNCTION workflows_reserve"
            "(uuid, uuid, jsonb, bigint, bigint, jsonb, jsonb, jsonb)",
        ),
    ]
