"""Case T3: the lint of the catalog sees every gap in the wall."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from tenants.db.wall_checks import HIDDEN, findings
from tenants.scope import TENANT_SETTING
from tests import servers

# Roles belong to the whole server: two of these at once would wait for each other.
pytestmark = pytest.mark.xdist_group("roles")
APP, OWNER, PROVIDER = settings.APP_ROLE, settings.OWNER_ROLE, settings.PROVIDER_ROLE


@pytest.fixture
def planted() -> Iterator[psycopg.Connection]:
    """A superuser's transaction that is rolled back."""
    with psycopg.connect(servers.super_url(servers.database())) as connection:
        yield connection
        connection.rollback()


GOOD = f"""
    CREATE TABLE planted (tenant_id uuid NOT NULL, id uuid NOT NULL, other_id uuid,
        PRIMARY KEY (tenant_id, id));
    ALTER TABLE planted OWNER TO {OWNER};
    ALTER TABLE planted ENABLE ROW LEVEL SECURITY;
    ALTER TABLE planted FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant_wall ON planted TO {APP}, {OWNER}
        USING (tenant_id = nullif(current_setting('{TENANT_SETTING}', true), '')::uuid)
        WITH CHECK (tenant_id = nullif(current_setting('{TENANT_SETTING}', true), '')::uuid);
"""


def test_a_table_with_a_whole_wall_is_no_finding(planted: psycopg.Connection) -> None:
    planted.execute(GOOD)
    assert findings(planted) == []


@pytest.mark.parametrize(
    ("planting", "said"),
    [
        ("CREATE TABLE planted_bare (id uuid PRIMARY KEY)", "planted_bare has no enabled"),
        ("ALTER TABLE planted DISABLE ROW LEVEL SECURITY", "planted has no enabled"),
        ("ALTER TABLE planted NO FORCE ROW LEVEL SECURITY", "planted has no enabled"),
        ("DROP POLICY tenant_wall ON planted", "no tenant_wall policy"),
        (f"ALTER POLICY tenant_wall ON planted TO {OWNER}", "no tenant_wall policy"),
        ("ALTER POLICY tenant_wall ON planted USING (true)", "tenant_wall on planted is not"),
        ("ALTER POLICY tenant_wall ON planted WITH CHECK (true)", "tenant_wall on planted is not"),
        (
            "ALTER POLICY tenant_wall ON planted TO PUBLIC",
            "tenant_wall on planted is not",
        ),
        (
            f"DROP POLICY tenant_wall ON planted; CREATE POLICY tenant_wall ON planted TO {APP} "
            f"USING (tenant_id = nullif(current_setting('{TENANT_SETTING}', true), '')::uuid)",
            "tenant_wall on planted is not",
        ),
        (
            f"DROP POLICY tenant_wall ON planted; CREATE POLICY tenant_wall ON planted TO {APP} "
            f"USING (tenant_id = current_setting('{TENANT_SETTING}', true)::uuid) "
            f"WITH CHECK (tenant_id = current_setting('{TENANT_SETTING}', true)::uuid)",
            "tenant_wall on planted is not",
        ),
        (
            f"CREATE POLICY window ON planted FOR SELECT TO {APP} USING (true)".replace(
                "window", "a_window"
            ),
            "a_window on planted is not",
        ),
        (
            f"CREATE POLICY provider_reads ON planted FOR SELECT TO {PROVIDER} USING (true)",
            "provider_reads on planted is not",
        ),
        (
            "ALTER TABLE planted DROP CONSTRAINT planted_pkey, ADD PRIMARY KEY (id)",
            "primary key of planted",
        ),
        (
            "CREATE UNIQUE INDEX planted_other ON planted (other_id)",
            "unique index planted_other of planted",
        ),
        (
            "CREATE UNIQUE INDEX planted_lower ON planted (lower(other_id::text))",
            "unique index planted_lower of planted",
        ),
        (
            "CREATE UNIQUE INDEX planted_id ON planted (id); ALTER TABLE planted "
            "ADD CONSTRAINT loose FOREIGN KEY (other_id) REFERENCES planted (id)",
            "foreign key loose of planted",
        ),
        (
            "CREATE UNIQUE INDEX planted_two ON planted (id, tenant_id); ALTER TABLE planted "
            "ADD CONSTRAINT crossed FOREIGN KEY (tenant_id, other_id) "
            "REFERENCES planted (id, tenant_id)",
            "foreign key crossed of planted",
        ),
        ("CREATE VIEW planted_view AS SELECT * FROM planted", "view planted_view reads"),
        (
            "CREATE VIEW planted_view WITH (security_invoker=false) AS SELECT * FROM planted",
            "view planted_view reads",
        ),
        (
            "CREATE MATERIALIZED VIEW planted_view AS SELECT * FROM planted",
            "materialized view planted_view",
        ),
        (
            "CREATE FUNCTION planted_peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER "
            "AS 'SELECT count(*) FROM planted'",
            "function planted_peek() runs",
        ),
        ("CREATE SCHEMA aside; CREATE TABLE aside.planted_too (id int)", "aside.planted_too"),
        (f"ALTER TABLE planted OWNER TO {APP}", f"role {APP} owns planted"),
        (f"ALTER ROLE {APP} BYPASSRLS", f"role {APP} can get round"),
        (f"ALTER ROLE {PROVIDER} SUPERUSER", f"role {PROVIDER} can get round"),
        (f"ALTER ROLE {APP} CREATEROLE", f"role {APP} can get round"),
        (f"GRANT {OWNER} TO {APP}", f"role {APP} is a member of {OWNER}"),
        (f"GRANT CREATE ON SCHEMA public TO {APP}", f"role {APP} may make things"),
        (f"GRANT TRUNCATE ON planted TO {APP}", f"role {APP} may TRUNCATE planted"),
        ("GRANT TRIGGER ON planted TO PUBLIC", f"role {PROVIDER} may TRIGGER planted"),
        (f"GRANT INSERT ON planted TO {PROVIDER}", "read-only role may INSERT planted"),
        (f"GRANT UPDATE (other_id) ON planted TO {PROVIDER}", "read-only role may UPDATE planted"),
        (f"GRANT DELETE ON tenants_tenant TO {PROVIDER}", "may DELETE tenants_tenant"),
        (f"GRANT SELECT ON tenants_secret TO {PROVIDER}", "may read tenants_secret"),
        (f"GRANT SELECT (ciphertext) ON tenants_secret TO {PROVIDER}", "may read tenants_secret"),
        (f"GRANT SELECT ON tenants_user TO {PROVIDER}", "may read tenants_user.password"),
        (f"GRANT SELECT (password) ON tenants_user TO {PROVIDER}", "tenants_user.password"),
        (f"GRANT SELECT ON django_session TO {PROVIDER}", "may read django_session"),
        (f"GRANT SELECT ON mfa_authenticator TO {PROVIDER}", "may read mfa_authenticator"),
        ("DROP TABLE django_admin_log", "django_admin_log is named as standing outside"),
    ],
)
def test_the_lint_finds_a_planted_gap(
    planted: psycopg.Connection, planting: str, said: str
) -> None:
    planted.execute(GOOD)
    planted.execute(planting)
    found = findings(planted)
    assert any(said in sentence for sentence in found), found


def test_a_missing_role_is_a_finding(settings: Any, planted: psycopg.Connection) -> None:
    settings.PROVIDER_ROLE = "nobody_made_this"
    assert "There is no role nobody_made_this." in findings(planted)


def test_what_is_hidden_from_the_read_only_role_exists(
    super_connection: psycopg.Connection,
) -> None:
    for name in HIDDEN:
        table, _, column = name.partition(".")
        query = sql.SQL("SELECT {} FROM {} LIMIT 0").format(
            sql.Identifier(column) if column else sql.SQL("*"), sql.Identifier(table)
        )
        super_connection.execute(query)
