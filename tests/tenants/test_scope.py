"""A scope says which tenant work belongs to, and ends with its block."""

from uuid import UUID

import pytest
from django.db import connection

from tenants.errors import ScopeMissing
from tenants.scope import (
    PROVIDER,
    TENANT_SETTING,
    current_tenant_id,
    entered,
    has_tenant_scope,
    lock_key,
    require_scope,
    tenant_scope,
)

ONE, TWO = UUID(int=1), UUID(int=2)


def setting() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [TENANT_SETTING])
        return str(cursor.fetchone()[0] or "")


def test_without_a_scope_there_is_no_tenant() -> None:
    assert not has_tenant_scope()
    with pytest.raises(ScopeMissing, match="No tenant scope"):
        current_tenant_id()
    for alias in (None, "default"):
        with pytest.raises(ScopeMissing, match="No tenant scope"):
            require_scope(alias)
    with pytest.raises(ScopeMissing, match="No person scope"):
        require_scope(PROVIDER)


@pytest.mark.django_db
def test_a_scope_is_said_in_python_and_in_postgres_and_the_former_comes_back() -> None:
    with tenant_scope(ONE):
        require_scope("default")
        assert (current_tenant_id(), setting()) == (ONE, str(ONE))
        with tenant_scope(TWO):
            assert (current_tenant_id(), setting()) == (TWO, str(TWO))
        assert (current_tenant_id(), setting()) == (ONE, str(ONE))
        # A tenant's scope is none of a person's.
        with pytest.raises(ScopeMissing, match="No person scope"):
            require_scope(PROVIDER)
    assert (has_tenant_scope(), setting()) == (False, "")


@pytest.mark.django_db
def test_a_scope_of_the_present_tenant_opens_no_savepoint() -> None:
    with tenant_scope(ONE):
        before = list(connection.savepoint_ids)
        with tenant_scope(ONE):
            assert connection.savepoint_ids == before


@pytest.mark.django_db
def test_a_tenant_may_be_entered_whose_setting_a_statement_made() -> None:
    with entered(ONE):
        assert (current_tenant_id(), setting()) == (ONE, "")
    assert not has_tenant_scope()


@pytest.mark.django_db
def test_a_lock_is_of_a_tenant() -> None:
    with pytest.raises(ScopeMissing):
        lock_key("one")
    with tenant_scope(ONE):
        lock_key("one")
        lock_key("one")
        lock_key("two")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' "
                "AND pid = pg_backend_pid()"
            )
            assert cursor.fetchone()[0] == 2
