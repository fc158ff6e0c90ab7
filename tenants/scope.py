"""The scope: which tenant this piece of work is inside, in Python and in Postgres.

A scope is a transaction with a transaction-local setting, which the row-level
policies read (``tenants.wall``). Without one the manager raises and SQL
returns nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import connections, transaction

from tenants.db import unit_of_work
from tenants.errors import ScopeMissing

TENANT_SETTING = "handrail.tenant"
PERSON_SETTING = "handrail.person"
PROVIDER = "provider"
# The lock that whoever moves a run of the tenant shares, and whoever stops everything has alone.
MOVES = f"hashtextextended('moves ' || current_setting('{TENANT_SETTING}'), 0)"


@dataclass(frozen=True, slots=True)
class _Scope:
    tenant_id: UUID | None = None
    person_id: UUID | None = None


NOWHERE = _Scope()
_scope: ContextVar[_Scope] = ContextVar("handrail_scope", default=NOWHERE)


def current_tenant_id() -> UUID:
    """The tenant of the scope. Raises ScopeMissing outside one."""
    tenant_id = _scope.get().tenant_id
    if tenant_id is None:
        raise ScopeMissing("No tenant scope. Wrap this in tenant_scope(tenant_id).")
    return tenant_id


def has_tenant_scope() -> bool:
    """Whether a tenant scope is open."""
    return _scope.get().tenant_id is not None


def require_scope(alias: str | None) -> None:
    """Raise ScopeMissing unless the scope that ``alias`` needs is open."""
    if alias == PROVIDER:
        if _scope.get().person_id is None:
            raise ScopeMissing("No person scope. Wrap this in person_scope(person_id).")
    else:
        current_tenant_id()


@contextmanager
def tenant_scope(tenant_id: UUID) -> Iterator[None]:
    """Open a transaction inside one tenant; nested, restore the former tenant after.

    Entering the tenant one is in already changes nothing and opens no savepoint.
    """
    former = _scope.get()
    if former.tenant_id == tenant_id and connections["default"].in_atomic_block:
        yield
        return
    nested = connections["default"].in_atomic_block
    with transaction.atomic():
        _set("default", TENANT_SETTING, str(tenant_id))
        with entered(tenant_id):
            yield
        # Reached only without an exception: a rollback undoes the setting by itself.
        if nested and not connections["default"].needs_rollback:
            _set("default", TENANT_SETTING, str(former.tenant_id or ""))


@contextmanager
def entered(tenant_id: UUID) -> Iterator[None]:
    """The Python half of a scope, where a statement of the caller's has made the setting.

    For a worker, which enters the tenant with the statement that claims its work.
    """
    token = _scope.set(_Scope(tenant_id=tenant_id, person_id=_scope.get().person_id))
    try:
        with unit_of_work.sent_together():
            yield
    finally:
        _scope.reset(token)


def join_moves() -> None:
    """Share the lock of those who move runs of the tenant of the scope, until we commit.

    ``workflows_enter`` begins with it. Who locks a run before it enters one joins first:
    whoever stops everything must not come in between, or three would wait in a circle.
    """
    unit_of_work.rows(f"SELECT pg_advisory_xact_lock_shared({MOVES})::text", [])


def wait_for_moves() -> None:
    """Wait until no run of the tenant of the scope is being moved on; none is till we commit."""
    unit_of_work.rows(f"SELECT pg_advisory_xact_lock({MOVES})::text", [])


def take_turns(key: str) -> None:
    """Let one transaction of the tenant at a time go on with what has this key."""
    sql = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))::text"
    unit_of_work.rows(sql, [f"{current_tenant_id()}:{key}"])


@contextmanager
def person_scope(person_id: UUID) -> Iterator[None]:
    """Open a read-only transaction on the provider connection as one member of staff.

    Its role sees only the tenants that person is assigned to, by policy.
    """
    former = _scope.get()
    with transaction.atomic(using=PROVIDER):
        _set(PROVIDER, PERSON_SETTING, str(person_id))
        token = _scope.set(_Scope(tenant_id=former.tenant_id, person_id=person_id))
        try:
            yield
        finally:
            _scope.reset(token)
        _set(PROVIDER, PERSON_SETTING, str(former.person_id or ""))


def _set(alias: str, name: str, value: str) -> None:
    if alias == "default":
        unit_of_work.rows("SELECT set_config(%s, %s, true)", [name, value])
        return
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
