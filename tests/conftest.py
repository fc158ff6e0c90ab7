"""Fixtures every test may use. Servers come from ``tests.servers``."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as examples

from tests import servers

# How long an example takes depends on what else the machine does.
examples.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("untimed")

KEPT = ("django_migrations", "django_content_type", "auth_permission")


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """The database was made by ``tests.servers``; the app role could not make one."""
    # Two test processes on one database would wait for, and see, each other's rows.
    assert settings.DATABASES["default"]["NAME"] == servers.database()


def _empty() -> None:
    with psycopg.connect(servers.super_url(servers.database()), autocommit=True) as connection:
        rows = connection.execute(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables "
            "WHERE schemaname = 'public' AND NOT tablename = ANY(%s)",
            [list(KEPT)],
        ).fetchone()
        assert rows is not None
        truncate = f"TRUNCATE {rows[0]} RESTART IDENTITY CASCADE"
        try:
            connection.execute(truncate)
        except psycopg.errors.DeadlockDetected:
            # The web process may still answer what a closed page sent on leaving; it is done now.
            connection.execute(truncate)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """A database with real commits, for tests with several connections or processes."""
    from django.db import connections

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        _empty()
        yield
        for alias in connections:
            connections[alias].close()
        _empty()


@pytest.fixture(autouse=True)
def _no_leftover_scope() -> Iterator[None]:
    """Every test begins outside any tenant's scope and leaves none behind."""
    from tenants.scope import has_tenant_scope

    assert not has_tenant_scope()
    yield
    assert not has_tenant_scope()


@pytest.fixture(autouse=True)
def _no_door_left_open() -> Iterator[None]:
    """What one test allowed to be called inside is refused in the next."""
    yield
    settings.ALLOWED_PRIVATE_HOSTS.clear()


@pytest.fixture
def super_connection() -> Iterator[psycopg.Connection]:
    """The test server's superuser, to look behind every wall."""
    with psycopg.connect(servers.super_url(servers.database()), autocommit=True) as connection:
        yield connection


def pytest_report_header() -> str:
    """Say which servers the tests use."""
    return f"database {servers.database()}, broker {os.environ['BROKER_URL']}"
