"""Lock a run and read all that moves it on, in one call.

The lock and the reading are two statements inside, because a statement that waits for
a lock sees the rest of the database as it was before it waited. Runs with the caller's
rights, so the wall holds in it.
"""

from django.db import migrations

from tenants.wall import TENANT_SQL

ENTER = f"""
CREATE FUNCTION workflows_enter(wanted uuid, OUT work text, OUT lane text, OUT house text)
LANGUAGE plpgsql AS $$
DECLARE
    here uuid := {TENANT_SQL};
    run workflows_run;
BEGIN
    -- NO KEY: rows that link to the run may be inserted meanwhile, so nobody deadlocks.
    SELECT * INTO run FROM workflows_run r
    WHERE r.tenant_id = here AND r.id = wanted FOR NO KEY UPDATE;
    IF NOT FOUND OR run.status NOT IN ('running', 'waiting') THEN
        RETURN;
    END IF;
    work := jsonb_build_object(
        'run', to_jsonb(run),
        'steps', (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.id) FROM workflows_steprun s
                  WHERE s.tenant_id = here AND s.run_id = wanted AND s.replaced_at IS NULL
                  AND s.item IS NULL),
        'calls', (SELECT jsonb_agg(jsonb_build_object(
                      'id', c.id, 'step_id', c.step_id, 'run_id', c.run_id, 'attempt', c.attempt,
                      'kind', c.kind, 'name', c.name, 'why', c.why, 'status', c.status,
                      'cost_micros', c.cost_micros, 'millis', c.millis) ORDER BY c.id)
                  FROM workflows_call c WHERE c.tenant_id = here AND c.run_id = wanted),
        'items', (SELECT jsonb_agg(jsonb_build_object(
                      'id', i.id, 'step', i.step, 'kind', i.kind, 'status', i.status,
                      'draft', jsonb_build_object(
                          'step', i.draft->'step', 'item', i.draft->'item')) ORDER BY i.id)
                  FROM approvals_reviewitem i WHERE i.tenant_id = here AND i.run_id = wanted),
        'open', (SELECT jsonb_agg(DISTINCT p.item_id) FROM approvals_proposal p
                 WHERE p.tenant_id = here AND p.run_id = wanted AND p.status = 'approved'),
        'circuits', (SELECT jsonb_agg(to_jsonb(c)) FROM workflows_circuit c
                     WHERE c.tenant_id = here),
        'secrets', (SELECT jsonb_agg(s.name) FROM tenants_secret s WHERE s.tenant_id = here)
    );
    -- By themselves: they seldom change, so a worker keeps what it made of the same text.
    lane := (SELECT to_jsonb(w) FROM workflows_workflow w
             WHERE w.tenant_id = here AND w.id = run.workflow_id);
    house := jsonb_build_object(
        'tenant', (SELECT to_jsonb(t) FROM tenants_tenant t WHERE t.id = here),
        'provider', (SELECT to_jsonb(p) FROM tenants_provider p),
        'never', (SELECT jsonb_agg(to_jsonb(n) ORDER BY n.id) FROM approvals_neverrule n
                  WHERE n.tenant_id = here));
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0005_failure"),
        ("approvals", "0002_wall"),
        ("tenants", "0003_turns"),
    ]

    operations = [
        migrations.RunSQL(ENTER, reverse_sql="DROP FUNCTION workflows_enter(uuid)"),
    ]
