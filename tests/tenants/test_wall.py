"""The wall is built of the same statements for every table."""

from typing import Any

import pytest

from approvals.models import ReviewItem, Snooze
from tenants.models import Secret
from tenants.wall import BuildWall, Immutable, composite_key_sql, link_sql, wall_sql


@pytest.fixture(autouse=True)
def roles(settings: Any) -> None:
    settings.APP_ROLE, settings.PROVIDER_ROLE, settings.OWNER_ROLE = "app", "provider", "owner"


CHECK = "tenant_id = (nullif(current_setting('handrail.tenant', true), ''))::uuid"
WALL = [
    "ALTER TABLE tenants_secret DROP CONSTRAINT tenants_secret_pkey",
    "ALTER TABLE tenants_secret ADD CONSTRAINT tenants_secret_pkey PRIMARY KEY (tenant_id, id)",
    "ALTER TABLE tenants_secret ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE tenants_secret FORCE ROW LEVEL SECURITY",
    f"CREATE POLICY tenant_wall ON tenants_secret TO app, owner USING ({CHECK}) "
    f"WITH CHECK ({CHECK})",
]


def test_a_table_is_keyed_by_tenant_and_forced_behind_its_policy() -> None:
    assert wall_sql(Secret, provider_reads=False) == WALL


def test_the_read_only_role_reads_the_tenants_its_person_is_assigned_to() -> None:
    assert wall_sql(Secret, provider_reads=True) == [
        *WALL,
        "CREATE POLICY provider_reads ON tenants_secret FOR SELECT TO provider USING "
        "(tenant_id IN (SELECT a.tenant_id FROM tenants_assignment a WHERE a.user_id = "
        "(nullif(current_setting('handrail.person', true), ''))::uuid))",
        "GRANT SELECT ON tenants_secret TO provider",
    ]


def test_a_link_points_at_a_row_of_the_same_tenant() -> None:
    key = (
        "ALTER TABLE approvals_snooze ADD CONSTRAINT approvals_snooze_item_id_wall "
        "FOREIGN KEY (tenant_id, item_id) REFERENCES approvals_reviewitem (tenant_id, id)"
    )
    assert composite_key_sql("approvals_snooze", "item_id", "approvals_reviewitem") == key
    # The person is no row of a tenant, so that link is an ordinary one.
    assert link_sql(Snooze) == [key]
    assert link_sql(ReviewItem) == []


def test_the_operations_are_written_into_migrations_as_they_were_made() -> None:
    build = BuildWall("One", "Two", provider_reads=False)
    assert build.deconstruct() == ("BuildWall", ("One", "Two"), {"provider_reads": False})
    assert BuildWall("One").deconstruct()[2] == {"provider_reads": True}
    assert build.describe() == "Build the wall around One, Two"
    keep = Immutable("One")
    assert keep.deconstruct() == ("Immutable", ("One",), {})
    assert keep.describe() == "Make One immutable"
