"""Case T3: the catalog says that the wall stands."""

from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings

from tenants.db.wall_checks import findings
from tenants.models import TenantModel
from tenants.wall import OUTSIDE

# Roles belong to the whole server: two of these at once would wait for each other.
pytestmark = pytest.mark.xdist_group("roles")
APP, OWNER, PROVIDER = settings.APP_ROLE, settings.OWNER_ROLE, settings.PROVIDER_ROLE


@pytest.mark.django_db
def test_there_are_zero_findings_for_the_role_we_work_with() -> None:
    from django.db import connection

    assert findings(connection) == []


def test_every_reason_to_stand_outside_is_said() -> None:
    assert all(len(reason) > 10 for reason in OUTSIDE.values())
    assert not set(OUTSIDE) & {m._meta.db_table for m in apps.get_models() if _walled(m)}


def _walled(model: Any) -> bool:
    return issubclass(model, TenantModel)


def test_every_link_inside_a_tenant_has_its_composite_key(
    super_connection: psycopg.Connection,
) -> None:
    rows = super_connection.execute(
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'f'"
    ).fetchall()
    links = [
        (model._meta.db_table, field.column, field.related_model._meta.db_table)
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if getattr(field, "inside_wall", False)
    ]
    assert len(links) > 10
    for table, column, target in links:
        wanted = f"FOREIGN KEY (tenant_id, {column}) REFERENCES {target}(tenant_id, id)"
        assert (table, wanted) in rows, f"{table}.{column}"


def test_no_model_links_into_the_wall_another_way() -> None:
    walled = {m for m in apps.get_models() if _walled(m)}
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if field.related_model in walled:
                assert getattr(field, "inside_wall", False), f"{model.__name__}.{field.name}"


def test_the_roles_we_connect_as_are_the_ones_the_lint_looks_at() -> None:
    assert settings.DATABASES["default"]["USER"] == APP
    assert settings.DATABASES["provider"]["USER"] == PROVIDER
    assert settings.DATABASES["owner"]["USER"] == OWNER
