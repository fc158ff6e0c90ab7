"""The tenant wall is checked: the Postgres catalog is compared with what it should be.

Each check is a query that returns what is wrong, and a sentence for each of its rows. A test and
``doctor`` call ``findings``; an empty list is the only good answer.
"""

from typing import Any

from django.conf import settings

from tenants.db.catalog_checks import CATALOG_CHECKS, VALUES
from tenants.scope import PERSON_SETTING, TENANT_SETTING
from tenants.wall import OUTSIDE

# Policies as Postgres prints them. Any other policy on a walled table is a finding.
TENANT_CHECK = (
    f"(tenant_id = (NULLIF(current_setting('{TENANT_SETTING}'::text, true), ''::text))::uuid)"
)
PROVIDER_CHECK = (
    "(tenant_id IN ( SELECT a.tenant_id FROM tenants_assignment a WHERE (a.user_id = "
    f"(NULLIF(current_setting('{PERSON_SETTING}'::text, true), ''::text))::uuid)))"
)
# Tables or columns that the read-only role must never read, whatever the assignments.
HIDDEN = (
    "tenants_secret",
    "tenants_apikey",
    "tenants_objectgrant",
    "tenants_user.password",
    "django_session",
    "mfa_authenticator",
    "account_emailaddress",
    "account_emailconfirmation",
)

TABLES = """
    WITH walled AS (
        SELECT c.* FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
        AND c.relkind IN ('r', 'p', 'f') AND NOT c.relname = ANY(%(outside)s::text[])),
    relations AS (
        SELECT c.*, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'),
    columns AS (
        SELECT k.oid,
            ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(num, n)
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num
                ORDER BY u.n) AS own_columns,
            ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(num, n)
                JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num
                ORDER BY u.n) AS target_columns
        FROM pg_constraint k WHERE k.contype IN ('p', 'f'))
"""

CHECKS = (
    (
        "{} has no enabled and forced row-level security, and no reason to stand outside the wall.",
        "SELECT relname FROM walled WHERE NOT (relrowsecurity AND relforcerowsecurity)",
    ),
    (
        "{} lets the app role through with no tenant_wall policy.",
        "SELECT relname FROM walled w WHERE NOT EXISTS (SELECT 1 FROM pg_policies p "
        "WHERE p.schemaname = 'public' AND p.tablename = w.relname "
        "AND p.policyname = 'tenant_wall' AND %(app)s = ANY(p.roles::text[]))",
    ),
    (
        "The policy {1} on {0} is not the wall's: both USING and WITH CHECK must compare tenant_id "
        "with the scope's.",
        "SELECT p.tablename, p.policyname FROM pg_policies p "
        "JOIN walled w ON w.relname = p.tablename WHERE p.schemaname = 'public' AND NOT ("
        "p.permissive = 'PERMISSIVE' AND (p.policyname = 'tenant_wall' AND p.cmd = 'ALL' "
        "AND p.roles::text[] <@ %(inside)s::text[] AND p.qual = %(tenant)s "
        "AND p.with_check = %(tenant)s OR p.policyname = 'provider_reads' AND p.cmd = 'SELECT' "
        "AND p.roles::text[] = %(reads)s::text[] AND "
        "regexp_replace(p.qual, '\\s+', ' ', 'g') = %(assigned)s)) IS TRUE",
    ),
    (
        "The primary key of {} is not (tenant_id, id).",
        "SELECT relname FROM walled w WHERE NOT EXISTS (SELECT 1 FROM pg_constraint k "
        "JOIN columns c ON c.oid = k.oid WHERE k.conrelid = w.oid AND k.contype = 'p' "
        "AND c.own_columns = ARRAY['tenant_id', 'id'])",
    ),
    (
        "The foreign key {1} of {0} could point at another tenant's row: it must pair tenant_id "
        "with tenant_id.",
        "SELECT k.conrelid::regclass::text, k.conname FROM pg_constraint k "
        "JOIN walled w ON w.oid = k.confrelid JOIN columns c ON c.oid = k.oid "
        "WHERE k.contype = 'f' AND NOT (c.own_columns[1] = 'tenant_id' "
        "AND c.target_columns[1] = 'tenant_id')",
    ),
    (
        "The unique index {1} of {0} does not begin with tenant_id, so tenants could clash.",
        "SELECT w.relname, i.indexrelid::regclass::text FROM pg_index i "
        "JOIN walled w ON w.oid = i.indrelid LEFT JOIN pg_attribute a "
        "ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
        "WHERE i.indisunique AND a.attname IS DISTINCT FROM 'tenant_id'",
    ),
    (
        "{} is named as standing outside the wall, but there is no such table.",
        "SELECT name FROM unnest(%(outside)s::text[]) AS name "
        "WHERE to_regclass('public.' || name) IS NULL",
    ),
    (
        "The table {} is in a schema of its own, where nothing walls it.",
        "SELECT nspname || '.' || relname FROM relations "
        "WHERE relkind IN ('r', 'p', 'f') AND nspname <> 'public'",
    ),
    (
        "The view {} reads with its owner's rights: make it security_invoker.",
        "SELECT relname FROM relations WHERE relkind = 'v' "
        "AND NOT coalesce(reloptions, '{}') && ARRAY['security_invoker=true', "
        "'security_invoker=on', 'security_invoker=1']",
    ),
    (
        "The materialized view {} holds rows with no wall around them.",
        "SELECT relname FROM relations WHERE relkind = 'm'",
    ),
    (
        "The function {} runs with its owner's rights.",
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n "
        "ON n.oid = p.pronamespace WHERE p.prosecdef AND n.nspname NOT LIKE 'pg\\_%%' "
        "AND n.nspname <> 'information_schema'",
    ),
    (
        "There is no role {}.",
        "SELECT name FROM unnest(%(roles)s::text[]) AS name WHERE name NOT IN "
        "(SELECT rolname FROM pg_roles)",
    ),
    (
        "The role {} can get round the wall: superuser, BYPASSRLS, CREATEROLE or REPLICATION.",
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%(roles)s::text[]) "
        "AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication)",
    ),
    (
        "The role {} is a member of {} and has its rights.",
        "SELECT m.rolname, r.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member "
        "JOIN pg_roles r ON r.oid = a.roleid WHERE m.rolname = ANY(%(roles)s::text[])",
    ),
    (
        "The role {} owns {}, so it could take the wall down.",
        "SELECT r.rolname, c.relname FROM relations c JOIN pg_roles r ON r.oid = c.relowner "
        "WHERE r.rolname = ANY(%(roles)s::text[])",
    ),
    (
        "The role {} may make things in the schema public.",
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%(roles)s::text[]) "
        "AND has_schema_privilege(rolname, 'public', 'CREATE')",
    ),
    (
        "The role {} may {} {}, which no policy stops.",
        "SELECT r.rolname, p.name, c.relname FROM relations c, pg_roles r, "
        "unnest(ARRAY['TRUNCATE', 'TRIGGER', 'REFERENCES']) AS p(name) "
        "WHERE r.rolname = ANY(%(roles)s::text[]) AND c.relkind IN ('r', 'p', 'f', 'v') "
        "AND has_table_privilege(r.rolname, c.oid, p.name)",
    ),
    (
        "The read-only role may {1} {0}.",
        "SELECT c.relname, p.name FROM relations c, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) "
        "AS p(name) WHERE c.relkind IN ('r', 'p', 'f', 'v') "
        "AND %(provider)s IN (SELECT rolname FROM pg_roles) AND (has_table_privilege("
        "(SELECT oid FROM pg_roles WHERE rolname = %(provider)s), c.oid, p.name) OR p.name <> "
        "'DELETE' AND has_any_column_privilege("
        "(SELECT oid FROM pg_roles WHERE rolname = %(provider)s), c.oid, p.name))",
    ),
    (
        "The read-only role may read {}.",
        "SELECT name FROM unnest(%(hidden)s::text[]) AS name, "
        "LATERAL (SELECT split_part(name, '.', 1) AS t, split_part(name, '.', 2) AS f) s, "
        "LATERAL (SELECT to_regclass('public.' || s.t) AS oid) o "
        "WHERE o.oid IS NOT NULL AND %(provider)s IN (SELECT rolname FROM pg_roles) AND "
        "CASE WHEN s.f = '' THEN has_any_column_privilege(%(provider)s::text, o.oid, 'SELECT') "
        "ELSE has_column_privilege(%(provider)s::text, o.oid, s.f, 'SELECT') END",
    ),
)


def findings(connection: Any) -> list[str]:
    """Return sentences about what is wrong with the wall.

    ``connection`` has ``cursor()`` and may be of any role. Only the catalog is read, so no scope is
    needed and no tenant's row is seen.
    """
    values = {
        "outside": list(OUTSIDE),
        "app": settings.APP_ROLE,
        "provider": settings.PROVIDER_ROLE,
        "roles": [settings.APP_ROLE, settings.PROVIDER_ROLE],
        "inside": [settings.APP_ROLE, settings.OWNER_ROLE],
        "reads": [settings.PROVIDER_ROLE],
        "tenant": TENANT_CHECK,
        "assigned": PROVIDER_CHECK,
        "hidden": list(HIDDEN),
        "owner": settings.OWNER_ROLE,
        "ours": [settings.APP_ROLE, settings.PROVIDER_ROLE, settings.OWNER_ROLE],
        **VALUES,
    }
    found: list[str] = []
    with connection.cursor() as cursor:
        for sentence, query in CHECKS + CATALOG_CHECKS:
            cursor.execute(TABLES + query, values)
            found += sorted(sentence.format(*row) for row in cursor.fetchall())
    return found
