"""More checks of the Postgres catalog: ways for rows to pass the wall or for the record to change.

Each check is a sentence and a query for what is wrong, run by ``tenants.db.wall_checks``, whose
tables are ``relations`` and ``walled``; the roles are those that web and workers connect as.
"""

# Rows of these tables are only inserted and read: a trigger and missing rights see to that.
APPEND_ONLY = (
    "approvals_comment",
    "approvals_decision",
    "audit_event",
    "audit_seal",
    "portal_report",
    "tenants_passage",
    "tenants_record",
    "tenants_revision",
    *(f"workflows_{name}" for name in ("callpicture", "formpreview", "version")),
)
# Tables whose rows have a time that the database checks.
TIMED = ("audit_event", "audit_seal")
# Without the first no call is counted in a budget; the others keep sealed runs from any effect.
NEEDED = ["workflows_call_settled", "approvals_permit_sealed"]
NEEDED += ["workflows_run_sealed", "workflows_run_purpose"]
# Tables outside the wall, or single columns, that the read-only role may read.
OUTSIDE_READ = (
    "tenants_tenant",
    "tenants_assignment",
    *(f"tenants_user.{c}" for c in ("id", "email", "name", "is_active", "is_staff", "staff_role")),
)
# Settings that a role or database may set. Any other could choose a tenant, a path or a role.
HARMLESS = [
    "%_timeout",
    "log_%",
    "work_mem",
    "maintenance_work_mem",
    "temp_buffers",
    "jit%",
    "enable_%",
    "random_page_cost",
    "effective_%",
    "plan_cache_mode",
    "default_transaction_read_only",
    "default_statistics_target",
    "timezone",
    "datestyle",
    "intervalstyle",
    "lc_%",
    "client_encoding",
    "client_min_messages",
    "application_name",
    "max_parallel_%",
    "parallel_%",
    "statement_%",
    "track_%",
    "tcp_%",
    "synchronous_commit",
]
# Extensions that read or write elsewhere, with the rights of the server or of another role.
FAR_REACHING = [
    "dblink",
    "postgres_fdw",
    "file_fdw",
    "adminpack",
    "pageinspect",
    "pg_visibility",
    "pg_walinspect",
    "pg_dirtyread",
    "pg_background",
    "pg_cron",
    "plpython3u",
    "plperlu",
    "pltclu",
    "pljava",
    "plsh",
    "lo",
]
LIKE = "EXISTS (SELECT FROM unnest(%(harmless)s::text[]) AS h WHERE lower(s.name) LIKE h)"
HERE = "(SELECT oid FROM pg_database WHERE datname = current_database())"

CATALOG_CHECKS = (
    (
        "The rule {1} on {0} may do something else than was asked.",
        "SELECT c.relname, r.rulename FROM pg_rewrite r JOIN relations c ON c.oid = r.ev_class "
        "WHERE NOT (r.rulename = '_RETURN' AND r.ev_type = '1' AND c.relkind IN ('v', 'm'))",
    ),
    (
        "The trigger {1} of {0} is none of ours.",
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN relations c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND NOT t.tgname = ANY(%(triggers)s::text[])",
    ),
    (
        "The trigger {1} of {0} is switched off.",
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN relations c ON c.oid = t.tgrelid "
        "WHERE t.tgenabled NOT IN ('O', 'A')",
    ),
    (
        "The trigger {} is missing, on which budgets and sealed runs rest.",
        "SELECT name FROM unnest(%(needed)s::text[]) AS name WHERE NOT EXISTS ("
        "SELECT FROM pg_trigger t JOIN relations c ON c.oid = t.tgrelid WHERE t.tgname = name)",
    ),
    (
        "Rows of {} can be changed: it lacks its trigger before every update and delete.",
        # 27: for each row (1), before (2), delete (8), update (16).
        "SELECT name FROM unnest(%(append_only)s::text[]) AS name WHERE NOT EXISTS ("
        "SELECT FROM pg_trigger t JOIN walled w ON w.oid = t.tgrelid "
        "JOIN pg_proc p ON p.oid = t.tgfoid WHERE w.relname = name AND NOT t.tgisinternal "
        "AND t.tgenabled IN ('O', 'A') AND t.tgtype = 27 AND t.tgqual IS NULL AND t.tgattr = '' "
        "AND p.proname = 'handrail_refuse_change' AND p.prosrc LIKE '%%RAISE EXCEPTION%%' "
        "AND p.prosrc NOT ILIKE '%%RETURN %%' AND p.prosrc NOT ILIKE '%% IF %%')",
    ),
    (
        "Rows of {} may be given any time: it lacks its trigger before every insert.",
        # 7: for each row (1), before (2), insert (4).
        "SELECT name FROM unnest(%(timed)s::text[]) AS name WHERE NOT EXISTS ("
        "SELECT FROM pg_trigger t JOIN walled w ON w.oid = t.tgrelid "
        "JOIN pg_proc p ON p.oid = t.tgfoid WHERE w.relname = name "
        "AND t.tgname = name || '_time' AND t.tgenabled IN ('O', 'A') AND t.tgtype = 7 "
        "AND t.tgqual IS NULL AND p.proname = 'handrail_check_time' "
        "AND p.prosrc LIKE '%%clock_timestamp()%%RAISE EXCEPTION%%')",
    ),
    (
        "The role {} may {} {}, whose rows are never changed.",
        "SELECT r.rolname, p.name, w.relname FROM walled w, pg_roles r, "
        "unnest(ARRAY['UPDATE', 'DELETE']) AS p(name) "
        "WHERE w.relname = ANY(%(append_only)s::text[]) AND r.rolname = ANY(%(roles)s::text[]) "
        "AND (has_table_privilege(r.oid, w.oid, p.name) OR p.name = 'UPDATE' "
        "AND has_any_column_privilege(r.oid, w.oid, p.name))",
    ),
    (
        "The exclusion constraint {1} of {0} does not compare tenant_id for equality, so tenants "
        "could clash.",
        "SELECT w.relname, k.conname FROM pg_constraint k JOIN walled w ON w.oid = k.conrelid "
        "WHERE k.contype = 'x' AND NOT EXISTS (SELECT "
        "FROM unnest(k.conkey, k.conexclop) AS u(num, op) JOIN pg_attribute a "
        "ON a.attrelid = k.conrelid AND a.attnum = u.num JOIN pg_operator o ON o.oid = u.op "
        "WHERE a.attname = 'tenant_id' AND o.oprname = '=')",
    ),
    (
        "The foreign key {1} of {0} is not checked.",
        "SELECT c.relname, k.conname FROM pg_constraint k JOIN relations c ON c.oid = k.conrelid "
        "WHERE k.contype = 'f' AND NOT (k.convalidated "
        "AND coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true))",
    ),
    (
        "The tenant of {} may be left out, or is filled in by itself.",
        "SELECT w.relname FROM walled w JOIN pg_attribute a ON a.attrelid = w.oid "
        "WHERE a.attname = 'tenant_id' AND (NOT a.attnotnull OR a.atthasdef "
        "OR a.attidentity <> '' OR a.attgenerated <> '')",
    ),
    (
        "{} inherits from {}: what is asked of the one is answered with rows of the other.",
        "SELECT c.relname, p.relname FROM pg_inherits i JOIN relations c ON c.oid = i.inhrelid "
        "JOIN relations p ON p.oid = i.inhparent WHERE c.relkind IN ('r', 'f', 'p')",
    ),
    (
        "The setting {1} comes along with {0}.",
        "SELECT coalesce(r.rolname, 'the database'), s.name FROM pg_db_role_setting d "
        "LEFT JOIN pg_roles r ON r.oid = d.setrole "
        "JOIN LATERAL (SELECT split_part(c, '=', 1) AS name FROM unnest(d.setconfig) AS c) s "
        "ON true WHERE (d.setrole = 0 OR r.rolname = ANY(%(ours)s::text[])) "
        f"AND (d.setdatabase = 0 OR d.setdatabase = {HERE}) "
        f"AND NOT {LIKE}",
    ),
    (
        "The setting {} is {} for whoever connects.",
        "SELECT name, setting FROM pg_settings WHERE name = 'row_security' AND setting <> 'on' "
        "OR name = 'session_replication_role' AND setting <> 'origin'",
    ),
    (
        "{} may set {}, which is the server's alone.",
        "SELECT coalesce(r.rolname, 'Everybody'), p.parname FROM pg_parameter_acl p "
        "CROSS JOIN LATERAL aclexplode(p.paracl) a LEFT JOIN pg_roles r ON r.oid = a.grantee "
        "WHERE a.grantee = 0 OR r.rolname = ANY(%(ours)s::text[])",
    ),
    (
        "The publication {} hands rows on, past the wall.",
        "SELECT pubname FROM pg_publication",
    ),
    (
        "The subscription {} brings rows in, past the wall.",
        f"SELECT subname FROM pg_subscription WHERE subdbid = {HERE}",
    ),
    (
        "The replication slot {} hands every row on, decoded.",
        "SELECT slot_name FROM pg_replication_slots "
        "WHERE slot_type = 'logical' AND database = current_database()",
    ),
    (
        "The event trigger {} runs at changes of the catalog.",
        "SELECT evtname FROM pg_event_trigger",
    ),
    (
        "The foreign server {} leads elsewhere.",
        "SELECT srvname FROM pg_foreign_server",
    ),
    (
        "The extension {} reaches past the wall.",
        "SELECT extname FROM pg_extension WHERE extname = ANY(%(far)s::text[])",
    ),
    (
        "The language {} is not confined to the database.",
        "SELECT lanname FROM pg_language WHERE NOT lanpltrusted "
        "AND lanname NOT IN ('internal', 'c')",
    ),
    (
        "The function {} is taken for leakproof, so it sees rows before the wall does.",
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n "
        "ON n.oid = p.pronamespace WHERE p.proleakproof AND n.nspname NOT LIKE 'pg\\_%%' "
        "AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend d "
        "WHERE d.objid = p.oid AND d.deptype = 'e')",
    ),
    (
        "There are large objects ({}), which no wall goes round.",
        "SELECT count(*)::text FROM pg_largeobject_metadata HAVING count(*) > 0",
    ),
    (
        "Everybody may {} {}.",
        "SELECT DISTINCT a.privilege_type, c.relname FROM relations c "
        "LEFT JOIN pg_attribute t ON t.attrelid = c.oid AND t.attacl IS NOT NULL "
        "CROSS JOIN LATERAL (SELECT * FROM aclexplode(c.relacl) "
        "UNION ALL SELECT * FROM aclexplode(t.attacl)) a "
        "WHERE a.grantee = 0 AND NOT EXISTS (SELECT FROM pg_depend d "
        "WHERE d.objid = c.oid AND d.deptype = 'e')",
    ),
    (
        "The role {} may pass on its right to {} {}.",
        "SELECT DISTINCT r.rolname, a.privilege_type, c.relname FROM relations c "
        "LEFT JOIN pg_attribute t ON t.attrelid = c.oid AND t.attacl IS NOT NULL "
        "CROSS JOIN LATERAL (SELECT * FROM aclexplode(c.relacl) "
        "UNION ALL SELECT * FROM aclexplode(t.attacl)) a "
        "JOIN pg_roles r ON r.oid = a.grantee "
        "WHERE a.is_grantable AND r.rolname = ANY(%(roles)s::text[])",
    ),
    (
        "The role {} may {} {}.",
        "SELECT r.rolname, a.privilege_type, c.relname FROM relations c "
        "CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee "
        "WHERE a.privilege_type = 'MAINTAIN' AND r.rolname = ANY(%(roles)s::text[])",
    ),
    (
        "The role {} was given {} of the server's own {}.",
        "SELECT r.rolname, a.privilege_type, o.name FROM ("
        "SELECT c.relname::text AS name, c.relacl AS acl FROM pg_class c "
        "WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relacl IS NOT NULL "
        "UNION ALL SELECT p.oid::regprocedure::text, p.proacl FROM pg_proc p "
        "WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proacl IS NOT NULL "
        "UNION ALL SELECT f.fdwname, f.fdwacl FROM pg_foreign_data_wrapper f "
        "UNION ALL SELECT t.spcname, t.spcacl FROM pg_tablespace t) o "
        "CROSS JOIN LATERAL aclexplode(o.acl) a JOIN pg_roles r ON r.oid = a.grantee "
        "WHERE r.rolname = ANY(%(roles)s::text[])",
    ),
    (
        "By default {} will be allowed to {} what is made later.",
        "SELECT DISTINCT coalesce(r.rolname, 'everybody'), a.privilege_type FROM pg_default_acl d "
        "CROSS JOIN LATERAL aclexplode(d.defaclacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee "
        "WHERE d.defaclobjtype IN ('r', 'S') AND (a.grantee = 0 OR r.rolname = %(provider)s "
        "OR r.rolname = %(app)s AND (a.is_grantable OR NOT a.privilege_type = ANY("
        "ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE'])))",
    ),
    (
        "The role {} may make schemas in the database.",
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%(roles)s::text[]) "
        "AND has_database_privilege(rolname, current_database(), 'CREATE')",
    ),
    (
        "The role {} may make things in the schema {}.",
        "SELECT r.rolname, n.nspname FROM pg_roles r, pg_namespace n "
        "WHERE r.rolname = ANY(%(roles)s::text[]) AND n.nspname <> 'public' "
        "AND n.nspname NOT LIKE 'pg\\_temp%%' AND n.nspname NOT LIKE 'pg\\_toast%%' "
        "AND has_schema_privilege(r.oid, n.oid, 'CREATE')",
    ),
    (
        "The role {} may make databases.",
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%(roles)s::text[]) AND rolcreatedb",
    ),
    (
        "The owner {} is not held by the wall: superuser or BYPASSRLS.",
        "SELECT rolname FROM pg_roles WHERE rolname = %(owner)s AND rolbypassrls AND NOT rolsuper",
    ),
    (
        "The read-only role may read {}.{}, outside the wall.",
        "SELECT c.relname, a.attname FROM relations c JOIN pg_attribute a ON a.attrelid = c.oid "
        "JOIN pg_roles r ON r.rolname = %(provider)s "
        "WHERE c.relname = ANY(%(outside)s::text[]) AND a.attnum > 0 AND NOT a.attisdropped "
        "AND NOT c.relname = ANY(%(outside_read)s::text[]) "
        "AND NOT c.relname || '.' || a.attname = ANY(%(outside_read)s::text[]) "
        "AND has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT')",
    ),
)

VALUES = {
    "append_only": list(APPEND_ONLY),
    "timed": list(TIMED),
    "triggers": [*(f"{t}_time" for t in TIMED), *(f"{t}_immutable" for t in APPEND_ONLY), *NEEDED],
    "needed": NEEDED,
    "outside_read": list(OUTSIDE_READ),
    "harmless": HARMLESS,
    "far": FAR_REACHING,
}
