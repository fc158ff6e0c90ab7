"""The scope says in Python and in Postgres which tenant the present work belongs to.

A scope is a transaction with a transaction-local setting, which the row-level policies read
(``tenants.wall``). Without a scope the manager raises and SQL returns nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import connections, transaction

from tenants.db import unit_of_work
from tenants.db.statements import SqlStatement
from tenants.errors import ScopeMissing

TENANT_SETTING = "handrail.tenant"
PERSON_SETTING = "handrail.person"
PROVIDER = "provider"
# The key of the "moves" lock: shared by transactions that move a run, exclusive for a stop.
MOVES = f"hashtextextended('moves ' || current_setting('{TENANT_SETTING}'), 0)"

# The tenant's "moves" lock is taken shared, until the transaction ends.
_SHARE_MOVES = SqlStatement(f"SELECT pg_advisory_xact_lock_shared({MOVES})::text")
# The tenant's "moves" lock is taken alone, until the transaction ends.
_TAKE_MOVES = SqlStatement(f"SELECT pg_advisory_xact_lock({MOVES})::text")
# Whether somebody waits for the tenant's "moves" lock alone, as a stop does.
_STOP_WAITS = SqlStatement(
    f"""
SELECT EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
        AND mode = 'ExclusiveLock' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid::bigint << 32 | objid::bigint = {MOVES})
""",
    bool,
)
# A lock on this key is taken until the transaction ends.
_LOCK_KEY = SqlStatement("SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 0))::text")
# A setting of Postgres gets this value until the transaction ends.
_SET = SqlStatement("SELECT set_config(%(name)s, %(value)s, true)")


@dataclass(frozen=True, slots=True)
class _Scope:
    tenant_id: UUID | None = None
    person_id: UUID | None = None


NO_SCOPE = _Scope()
_scope: ContextVar[_Scope] = ContextVar("handrail_scope", default=NO_SCOPE)


def current_tenant_id() -> UUID:
    """Return the id of the scope's tenant. Raises ScopeMissing without a scope."""
    tenant_id = _scope.get().tenant_id
    if tenant_id is None:
        raise ScopeMissing("No tenant scope. Wrap this in tenant_scope(tenant_id).")
    return tenant_id


def has_tenant_scope() -> bool:
    """Return whether a tenant scope is open."""
    return _scope.get().tenant_id is not None


def require_scope(alias: str | None) -> None:
    """Raise ScopeMissing unless the scope that database ``alias`` needs is open."""
    if alias == PROVIDER:
        if _scope.get().person_id is None:
            raise ScopeMissing("No person scope. Wrap this in person_scope(person_id).")
    else:
        current_tenant_id()


@contextmanager
def tenant_scope(tenant_id: UUID) -> Iterator[None]:
    """A transaction inside one tenant; in a nested scope the former tenant is restored afterwards.

    A scope of the present tenant changes nothing and opens no savepoint.
    """
    former = _scope.get()
    if former.tenant_id == tenant_id and connections["default"].in_atomic_block:
        yield
        return
    nested = connections["default"].in_atomic_block
    with transaction.atomic():
        if nested:
            _set("default", TENANT_SETTING, str(tenant_id))
        else:
            # One message less: each costs as much as a small statement.
            unit_of_work.begin_transaction(TENANT_SETTING, tenant_id)
        with entered(tenant_id):
            yield
        # Reached only without an exception: a rollback undoes the setting by itself.
        if nested and not connections["default"].needs_rollback:
            _set("default", TENANT_SETTING, str(former.tenant_id or ""))


@contextmanager
def entered(tenant_id: UUID) -> Iterator[None]:
    """The Python half of a scope, where the caller's own statement has made the Postgres setting.

    For a worker, which enters the tenant in the statement that claims a row.
    """
    token = _scope.set(_Scope(tenant_id=tenant_id, person_id=_scope.get().person_id))
    try:
        with unit_of_work.sent_at_end():
            yield
    finally:
        _scope.reset(token)


def share_moves_lock() -> None:
    """Take the tenant's "moves" lock shared, until the transaction ends.

    Every transaction that moves a run holds it; ``workflows_enter`` takes it first. A transaction
    that locks a run's row before that must take it even earlier: otherwise a stop, which waits for
    the lock alone, could come in between, and the three would deadlock.
    """
    _SHARE_MOVES.run()


def take_moves_lock() -> None:
    """Take the tenant's "moves" lock alone: wait for running moves, and block new ones."""
    _TAKE_MOVES.run()


def is_stop_waiting() -> bool:
    """Return whether a stop of the tenant waits for transactions that move its runs."""
    return bool(_STOP_WAITS.row())


def lock_key(key: str) -> None:
    """Take a lock for this key in the tenant, so that one transaction at a time goes on with it."""
    _LOCK_KEY.run(key=f"{current_tenant_id()}:{key}")


@contextmanager
def person_scope(person_id: UUID) -> Iterator[None]:
    """A read-only transaction on the provider connection as one member of staff.

    Its role sees only the tenants that the person is assigned to, by policy.
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
        _SET.run(name=name, value=value)
    else:
        _SET.rows_on(connections[alias], name=name, value=value)
