import django.db.models.deletion
from django.db import migrations, models

import tenants.clock
import tenants.ids
import tenants.models.base
import tenants.scope
from tenants.wall import TENANT_SQL, BuildWall

# ``lost`` is what was reserved for an earlier try whose worker stopped: it counts as spent.
# Everything of one client's budgets is done by one transaction at a time. Rows of the provider are
# locked last and in order of id, so no two transactions wait for each other. One that has the lock
# must not wait for a concurrency limit, whose holder may wait for it: "asked" lets it only try
# (``audit.worker.concurrency``).
LOCK = """
    PERFORM pg_advisory_xact_lock(hashtextextended('budgets ' || {}::text, 0));
    PERFORM set_config('handrail.places', 'asked', true)"""

# The same as the join says, so that Postgres finds each row by the key, however many there are: it
# takes the JSON for a hundred rows, and would read every row of the client for them.
BY_KEY = "p.id = ANY(ARRAY(SELECT (one->>'id')::uuid FROM jsonb_array_elements({}) AS one))"

RESERVE = f"""
CREATE FUNCTION workflows_reserve(
    of_run uuid, of_workflow uuid, money bigint, tokens bigint, starts jsonb, house_starts jsonb,
    lost jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    here uuid := {TENANT_SQL};
    kept jsonb;
    refused jsonb;
BEGIN
    {LOCK.format("here")};
    INSERT INTO workflows_budgetperiod (id, tenant_id, budget_id, run_id, starts_on, spent,
        reserved, told)
    SELECT uuidv7(), here, b.id, CASE b.period WHEN 'run' THEN of_run END,
        (starts->>b.period)::date, 0, 0, ''
    FROM workflows_budget b
    WHERE b.tenant_id = here AND (b.workflow_id IS NULL OR b.workflow_id = of_workflow)
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
            AND b.period = 'run' AND r.starts_on IS NULL AND r.run_id = of_run) p
        WHERE b.tenant_id = here AND (b.workflow_id IS NULL OR b.workflow_id = of_workflow)
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

# A call is settled by the move of its row in the journal, so that no way of ending one forgets it.
# What a call cost counts for nothing known, the most that it could cost: never for nothing.
SETTLE = f"""
CREATE FUNCTION workflows_settle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tokens bigint := NEW.tokens_in::bigint + NEW.tokens_out;
    is_counted boolean := NEW.tokens_in > 0 AND NEW.tokens_out > 0;
    was_sent boolean := tokens > 0 OR coalesce(NEW.millis, 0) > 0
        OR NEW.cost_micros IS DISTINCT FROM 0;
BEGIN
    {LOCK.format("NEW.tenant_id")};
    PERFORM FROM workflows_providerbudgetperiod p
    WHERE p.id IN (SELECT k.id FROM jsonb_to_recordset(NEW.reserved) AS k(id uuid, house boolean)
                   WHERE k.house)
    ORDER BY p.id FOR UPDATE;
    WITH settled AS (
        SELECT k.id, k.house, k.amount AS reserved, CASE
            WHEN k.amount = 0 THEN 0
            WHEN k.unit = 'money' THEN coalesce(NEW.cost_micros, k.amount)
            WHEN k.unit = 'calls' THEN was_sent::int
            WHEN NOT is_counted AND NEW.cost_micros IS NULL THEN k.amount
            ELSE tokens END AS spent
        FROM jsonb_to_recordset(NEW.reserved)
            AS k(id uuid, unit text, amount bigint, house boolean)
    ), of_client AS (
        UPDATE workflows_budgetperiod p
        SET reserved = p.reserved - s.reserved, spent = p.spent + s.spent
        FROM settled s WHERE p.tenant_id = NEW.tenant_id AND p.id = s.id AND NOT s.house
        AND {BY_KEY.format("NEW.reserved")}
    )
    UPDATE workflows_providerbudgetperiod p
    SET reserved = p.reserved - s.reserved, spent = p.spent + s.spent
    FROM settled s WHERE p.id = s.id AND s.house;
    RETURN NULL;
END
$$;
CREATE TRIGGER workflows_call_settled AFTER UPDATE OF status ON workflows_call FOR EACH ROW
WHEN (OLD.status = 'intended' AND NEW.status <> 'intended' AND NEW.reserved IS NOT NULL)
EXECUTE FUNCTION workflows_settle()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0011_budgets"),
        ("workflows", "0017_routing"),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="reserved",
            field=models.JSONField(null=True),
        ),
        migrations.CreateModel(
            name="Budget",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("money", "US dollars"),
                            ("tokens", "tokens"),
                            ("calls", "calls to models"),
                        ],
                        default="money",
                        max_length=8,
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[
                            ("day", "each day"),
                            ("week", "each week, from Monday"),
                            ("month", "each month"),
                            ("run", "each run"),
                        ],
                        default="month",
                        max_length=8,
                    ),
                ),
                (
                    "most",
                    models.BigIntegerField(help_text="Millionths of a US dollar, tokens or calls."),
                ),
                (
                    "warn_at",
                    models.PositiveSmallIntegerField(
                        default=80,
                        help_text="Percent of it from where people are told; 0 for never.",
                    ),
                ),
                (
                    "then",
                    models.CharField(
                        choices=[
                            ("person", "a person is asked"),
                            ("queue", "it waits for the next period"),
                            (
                                "cheaper",
                                "easy steps ask a cheaper model, for the others a person is asked",
                            ),
                        ],
                        default="person",
                        max_length=8,
                    ),
                ),
                ("set_by", models.CharField(max_length=160)),
                ("set_at", models.DateTimeField(default=tenants.clock.now)),
                ("is_providers", models.BooleanField(default=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        default=tenants.scope.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "workflow",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="budgets",
                        to="workflows.workflow",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BudgetPeriod",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "starts_on",
                    models.DateField(help_text="Null for the budget of a run.", null=True),
                ),
                ("spent", models.BigIntegerField(default=0)),
                ("reserved", models.BigIntegerField(default=0)),
                ("told", models.CharField(blank=True, default="", max_length=8)),
                (
                    "budget",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="periods",
                        to="workflows.budget",
                    ),
                ),
                (
                    "run",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workflows.run",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        default=tenants.scope.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProviderBudget",
            fields=[
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("money", "US dollars"),
                            ("tokens", "tokens"),
                            ("calls", "calls to models"),
                        ],
                        default="money",
                        max_length=8,
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[
                            ("day", "each day"),
                            ("week", "each week, from Monday"),
                            ("month", "each month"),
                            ("run", "each run"),
                        ],
                        default="month",
                        max_length=8,
                    ),
                ),
                (
                    "most",
                    models.BigIntegerField(help_text="Millionths of a US dollar, tokens or calls."),
                ),
                (
                    "warn_at",
                    models.PositiveSmallIntegerField(
                        default=80,
                        help_text="Percent of it from where people are told; 0 for never.",
                    ),
                ),
                (
                    "then",
                    models.CharField(
                        choices=[
                            ("person", "a person is asked"),
                            ("queue", "it waits for the next period"),
                            (
                                "cheaper",
                                "easy steps ask a cheaper model, for the others a person is asked",
                            ),
                        ],
                        default="person",
                        max_length=8,
                    ),
                ),
                ("set_by", models.CharField(max_length=160)),
                ("set_at", models.DateTimeField(default=tenants.clock.now)),
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("most__gte", 0)), name="provider_budget_most"
                    ),
                    models.UniqueConstraint(
                        fields=("unit", "period"), name="one_provider_budget_a_kind"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProviderBudgetPeriod",
            fields=[
                (
                    "starts_on",
                    models.DateField(help_text="Null for the budget of a run.", null=True),
                ),
                ("spent", models.BigIntegerField(default=0)),
                ("reserved", models.BigIntegerField(default=0)),
                ("told", models.CharField(blank=True, default="", max_length=8)),
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "budget",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="periods",
                        to="workflows.providerbudget",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("most__gte", 0)), name="budget_most"
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(
                fields=("tenant", "workflow", "unit", "period", "is_providers"),
                name="one_budget_a_kind",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetperiod",
            constraint=models.UniqueConstraint(
                fields=("tenant", "budget", "starts_on", "run"),
                name="one_row_a_period",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="providerbudgetperiod",
            constraint=models.UniqueConstraint(
                fields=("budget", "starts_on"), name="one_row_a_provider_period"
            ),
        ),
        BuildWall("Budget", "BudgetPeriod"),
        migrations.RunSQL(
            RESERVE,
            "DROP FUNCTION workflows_reserve(uuid, uuid, bigint, bigint, jsonb, jsonb, jsonb)",
        ),
        migrations.RunSQL(
            SETTLE,
            "DROP TRIGGER workflows_call_settled ON workflows_call;"
            "DROP FUNCTION workflows_settle()",
        ),
    ]
