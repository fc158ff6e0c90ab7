"""Case T3: holes of every other kind in the catalog, planted and named."""

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings

from tenants.db.catalog_checks import APPEND_ONLY, OUTSIDE_READ
from tenants.db.wall_checks import findings
from tests import servers

pytestmark = pytest.mark.xdist_group("roles")
APP, OWNER, PROVIDER = settings.APP_ROLE, settings.OWNER_ROLE, settings.PROVIDER_ROLE


@pytest.fixture
def planted() -> Iterator[psycopg.Connection]:
    """A superuser's transaction that is rolled back."""
    with psycopg.connect(servers.super_url(servers.database())) as connection:
        yield connection
        connection.rollback()


PLANTED = [
    ("CREATE RULE r AS ON INSERT TO audit_outbox DO ALSO DELETE FROM tenants_membership", "rule r"),
    (
        "CREATE RULE r AS ON UPDATE TO tenants_secret DO INSTEAD SELECT 1",
        "rule r on tenants_secret",
    ),
    ("CREATE RULE r AS ON DELETE TO workflows_run DO INSTEAD NOTHING", "rule r on workflows_run"),
    (
        "CREATE TRIGGER t AFTER INSERT ON workflows_run FOR EACH ROW "
        "EXECUTE FUNCTION handrail_refuse_change()",
        "trigger t of workflows_run is none of ours",
    ),
    ("ALTER TABLE audit_event DISABLE TRIGGER ALL", "of audit_event is switched off"),
    ("ALTER TABLE workflows_run DISABLE TRIGGER ALL", "of workflows_run is switched off"),
    (
        "ALTER TABLE audit_event ENABLE REPLICA TRIGGER audit_event_immutable",
        "audit_event_immutable of audit_event is switched off",
    ),
    ("DROP TRIGGER audit_event_immutable ON audit_event", "Rows of audit_event can be changed"),
    (
        "DROP TRIGGER audit_seal_immutable ON audit_seal; CREATE TRIGGER audit_seal_immutable "
        "BEFORE DELETE ON audit_seal FOR EACH ROW EXECUTE FUNCTION handrail_refuse_change()",
        "Rows of audit_seal can be changed",
    ),
    (
        "DROP TRIGGER audit_seal_immutable ON audit_seal; CREATE TRIGGER audit_seal_immutable "
        "BEFORE UPDATE OR DELETE ON audit_seal FOR EACH ROW WHEN (false) "
        "EXECUTE FUNCTION handrail_refuse_change()",
        "Rows of audit_seal can be changed",
    ),
    (
        "CREATE OR REPLACE FUNCTION handrail_refuse_change() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN RETURN NEW; END'",
        "Rows of audit_event can be changed",
    ),
    ("DROP TRIGGER audit_event_time ON audit_event", "Rows of audit_event may be given any time"),
    (
        "CREATE OR REPLACE FUNCTION handrail_check_time() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN RETURN NEW; END'",
        "Rows of audit_seal may be given any time",
    ),
    (f"GRANT UPDATE ON audit_event TO {APP}", f"{APP} may UPDATE audit_event"),
    (f"GRANT DELETE ON audit_event TO {APP}", f"{APP} may DELETE audit_event"),
    (f"GRANT UPDATE (reason) ON audit_event TO {APP}", f"{APP} may UPDATE audit_event"),
    ("GRANT UPDATE ON workflows_version TO PUBLIC", "may UPDATE workflows_version"),
    (
        "CREATE EXTENSION IF NOT EXISTS btree_gist; ALTER TABLE workflows_workflow "
        "ADD CONSTRAINT x EXCLUDE USING gist (slug WITH =)",
        "exclusion constraint x of workflows_workflow",
    ),
    (
        "CREATE EXTENSION IF NOT EXISTS btree_gist; ALTER TABLE workflows_workflow "
        "ADD CONSTRAINT x EXCLUDE USING gist (tenant_id WITH <>, slug WITH =)",
        "exclusion constraint x of workflows_workflow",
    ),
    (
        "ALTER TABLE workflows_run ADD CONSTRAINT f FOREIGN KEY (tenant_id, workflow_id) "
        "REFERENCES workflows_workflow (tenant_id, id) NOT VALID",
        "foreign key f of workflows_run is not checked",
    ),
    (
        "ALTER TABLE workflows_run ALTER tenant_id SET DEFAULT gen_random_uuid()",
        "tenant of workflows_run may be left out",
    ),
    ("CREATE TABLE child () INHERITS (workflows_run)", "child inherits from workflows_run"),
    (f"ALTER ROLE {APP} SET row_security = off", f"row_security comes along with {APP}"),
    (
        f"ALTER ROLE {APP} SET handrail.tenant = '00000000-0000-0000-0000-000000000001'",
        f"handrail.tenant comes along with {APP}",
    ),
    (f"ALTER ROLE {PROVIDER} SET handrail.person = 'x'", f"comes along with {PROVIDER}"),
    (
        f"ALTER ROLE {OWNER} SET search_path = aside, public",
        f"search_path comes along with {OWNER}",
    ),
    (
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET handrail.tenant = 1', "
        "current_database()); END $$",
        "handrail.tenant comes along with the database",
    ),
    (
        f"DO $$ BEGIN EXECUTE format('ALTER ROLE {APP} IN DATABASE %I SET "
        "session_replication_role = replica', current_database()); END $$",
        "session_replication_role comes along",
    ),
    (f"GRANT SET ON PARAMETER session_replication_role TO {APP}", f"{APP} may set session_repl"),
    ("GRANT SET ON PARAMETER session_replication_role TO PUBLIC", "Everybody may set session_repl"),
    (f"GRANT ALTER SYSTEM ON PARAMETER log_statement TO {OWNER}", f"{OWNER} may set log_statement"),
    ("SET LOCAL session_replication_role = replica", "session_replication_role is replica"),
    ("SET LOCAL row_security = off", "row_security is off"),
    ("ALTER ROLE ALL SET row_security = off", "row_security comes along with the database"),
    ("CREATE PUBLICATION p FOR ALL TABLES", "publication p hands rows on"),
    ("CREATE PUBLICATION p FOR TABLE tenants_secret", "publication p hands rows on"),
    ("CREATE PUBLICATION p FOR TABLES IN SCHEMA public", "publication p hands rows on"),
    (
        "CREATE SUBSCRIPTION s CONNECTION 'host=nowhere.example' PUBLICATION p "
        "WITH (connect = false)",
        "subscription s brings rows in",
    ),
    (
        "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; "
        "CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION e()",
        "event trigger et runs",
    ),
    (
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w",
        "foreign server far leads elsewhere",
    ),
    (
        "CREATE FUNCTION l(text) RETURNS boolean LANGUAGE sql LEAKPROOF AS 'SELECT true'",
        "function l(text) is taken for leakproof",
    ),
    ("SELECT lo_create(0)", "large objects (1)"),
    ("GRANT SELECT ON tenants_membership TO PUBLIC", "Everybody may SELECT tenants_membership"),
    ("GRANT SELECT (email) ON tenants_user TO PUBLIC", "Everybody may SELECT tenants_user"),
    (
        f"GRANT SELECT ON workflows_run TO {APP} WITH GRANT OPTION",
        f"{APP} may pass on its right to SELECT workflows_run",
    ),
    (f"GRANT SELECT ON pg_authid TO {APP}", "SELECT of the server's own pg_authid"),
    (f"GRANT EXECUTE ON FUNCTION pg_read_file(text) TO {APP}", "own pg_read_file(text)"),
    (f"GRANT SELECT ON pg_statistic TO {PROVIDER}", "SELECT of the server's own pg_statistic"),
    (
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT ON TABLES TO PUBLIC",
        "By default everybody will be allowed to SELECT",
    ),
    (
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT SELECT ON TABLES "
        f"TO {PROVIDER}",
        f"By default {PROVIDER} will be allowed to SELECT",
    ),
    (
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT TRUNCATE ON TABLES "
        f"TO {APP}",
        f"By default {APP} will be allowed to TRUNCATE",
    ),
    (
        f"DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO {APP}', "
        "current_database()); END $$",
        f"{APP} may make schemas",
    ),
    (f"CREATE SCHEMA aside; GRANT CREATE ON SCHEMA aside TO {APP}", "things in the schema aside"),
    (f"ALTER ROLE {APP} CREATEDB", f"{APP} may make databases"),
    (f"ALTER ROLE {OWNER} BYPASSRLS", f"owner {OWNER} is not held by the wall"),
    (f"GRANT SELECT ON tenants_invitation TO {PROVIDER}", "may read tenants_invitation."),
    (f"GRANT SELECT (user_id) ON tenants_membership TO {PROVIDER}", "tenants_membership.user_id"),
    (f"GRANT pg_maintain TO {APP}", f"{APP} is a member of pg_maintain"),
    (f"GRANT MAINTAIN ON workflows_run TO {APP}", f"{APP} may MAINTAIN workflows_run"),
]


@pytest.mark.parametrize(("planting", "said"), PLANTED)
def test_the_lint_names_a_planted_hole(
    planted: psycopg.Connection, planting: str, said: str
) -> None:
    """T3."""
    planted.execute(planting)
    found = findings(planted)
    assert any(said in sentence for sentence in found), found


def test_settings_that_choose_nothing_are_no_finding(planted: psycopg.Connection) -> None:
    planted.execute(f"ALTER ROLE {APP} SET statement_timeout = '5s'")
    planted.execute(f"ALTER ROLE {APP} SET log_min_duration_statement = 100")
    assert findings(planted) == []


def test_the_record_and_what_else_never_changes_is_looked_at(planted: psycopg.Connection) -> None:
    rows = planted.execute(
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%\\_immutable'"
    ).fetchall()
    assert sorted(name for (name,) in rows) == sorted(APPEND_ONLY)


def test_what_the_read_only_role_reads_outside_the_wall_is_there(
    planted: psycopg.Connection,
) -> None:
    for name in OUTSIDE_READ:
        table, _, column = name.partition(".")
        planted.execute(f"SELECT {column or '*'} FROM {table} LIMIT 0")
